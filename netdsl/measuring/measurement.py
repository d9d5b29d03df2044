"""What is asked for when a lab is measured: the same for each of its targets."""

from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.measuring.types import Plan


class Existing(StrEnum):
    """What becomes of a run's file that is there already."""

    REFUSE = "refuse"
    RESUME = "resume"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Measurement:
    """`runs`: rounds; None: 1, or what a file that is resumed wanted. `plan`: what a round does.

    `paths`: from whom to whom latency and throughput are measured, as in `netdsl trace`; empty: what the lab suggests,
    None: none. `timeout` of `up` in seconds; None: what the target takes.
    """

    runs: int | None = None
    plan: Plan = field(default_factory=Plan)
    paths: tuple[tuple[str, str], ...] | None = ()
    existing: Existing = Existing.REFUSE
    timeout: int | None = None
