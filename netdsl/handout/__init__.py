"""What a student gets of a lab: one variant's source without what is expected, its picture, its addresses."""

from netdsl.handout.flat import CannotFlatten
from netdsl.handout.make import HOLDS, handout

__all__ = ["HOLDS", "CannotFlatten", "handout"]
