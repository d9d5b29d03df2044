"""A trial: what is asked in which nodes, where is listened meanwhile, and how the outcome is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netdsl.ir.ids import NodeId
from netdsl.testing.probes import Question, Reply
from netdsl.testing.sight import Frame
from netdsl.testing.types import Seen


@dataclass(frozen=True, slots=True)
class Asked:
    node: NodeId
    question: Question


@dataclass(frozen=True, slots=True)
class Ear:
    """Where is listened: an interface of a node, `any` for all. `mac`: only frames that this sender put on the wire count
    (what a node has decrypted itself shows up on the same interface a second time)."""

    node: NodeId
    interface: str
    mac: str | None = field(default=None, compare=False)

    def hears(self, frame: Frame) -> bool:
        return self.mac is None or frame.sender == self.mac


@dataclass(frozen=True, slots=True)
class Observed:
    """The replies in the order of the questions; what each ear heard."""

    replies: tuple[Reply, ...]
    heard: Mapping[Ear, tuple[Frame, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """One line to be tested. Those with ears are done one after another: nothing else must be on the wires then.

    `seconds`: for so long it is tried again where it does not come out as the author expects (0: once).
    """

    asked: tuple[Asked, ...]
    judge: Callable[[Observed], Seen]
    ears: tuple[Ear, ...] = ()
    seconds: float = 0.0


def untested(text: str) -> Trial:
    """A line that nothing can test, and why."""
    return Trial((), lambda _: Seen(None, text))
