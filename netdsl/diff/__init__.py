"""What two labs differ in: who reaches whom, what is encrypted, what is expected, what they are made of (docs/diff.md)."""

from netdsl.diff.diff import diff
from netdsl.diff.types import Access, Change, Detail, Difference, FlowChange, Names, Party, Standing, Turn

__all__ = ["Access", "Change", "Detail", "Difference", "FlowChange", "Names", "Party", "Standing", "Turn", "diff"]
