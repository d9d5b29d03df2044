"""What is asked for when a lab is measured: the same for each of its targets."""

from dataclasses import field, replace
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.measuring.types import BootKind, Plan


class Existing(StrEnum):
    """What becomes of a run's file that is there already."""

    REFUSE = "refuse"
    RESUME = "resume"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Given:
    """What is asked for of a round's plan, whose fields these are. None: not given, and then as in the file that is
    resumed, else as always. `has_paths` False: no path is measured."""

    boots: tuple[BootKind, ...] | None = None
    steady: float | None = None
    pings: int | None = None
    seconds: float | None = None
    payloads: tuple[int, ...] | None = None
    pairs: tuple[tuple[str, str], ...] | None = None
    has_paths: bool = True

    def plan(self, before: Plan | None) -> Plan:
        """The plan. `before`: that of the file that is resumed."""
        plan = before or Plan()
        return replace(
            plan,
            boots=plan.boots if self.boots is None else self.boots,
            steady=plan.steady if self.steady is None else self.steady,
            pings=plan.pings if self.pings is None else self.pings,
            seconds=plan.seconds if self.seconds is None else self.seconds,
            payloads=plan.payloads if self.payloads is None else self.payloads,
            pairs=(plan.pairs if self.pairs is None else self.pairs) if self.has_paths else None,
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """`runs`: rounds; None: 1, or what a file that is resumed wanted. `given`: what a round does. `timeout` of `up` in
    seconds; None: what the target takes."""

    runs: int | None = None
    given: Given = field(default_factory=Given)
    existing: Existing = Existing.REFUSE
    timeout: int | None = None
