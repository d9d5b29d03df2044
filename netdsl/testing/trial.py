"""A trial of one expectation: the questions to nodes, the recordings meanwhile, and the evaluation of both."""

from collections.abc import Callable, Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId
from netdsl.testing.probes import Kind, Outcome, Question, Reply
from netdsl.testing.sight import Frame
from netdsl.testing.types import Seen


@dataclass(frozen=True, slots=True)
class Asked:
    node: NodeId
    question: Question


@dataclass(frozen=True, slots=True)
class Listener:
    """A recording at an interface of a node (`any`: all interfaces). `mac`: only frames from this sender count, because
    a packet that the node itself has decrypted appears on the same interface again."""

    node: NodeId
    interface: str
    mac: str | None = field(default=None, compare=False)

    def accepts(self, frame: Frame) -> bool:
        return self.mac is None or frame.sender == self.mac


@dataclass(frozen=True, slots=True)
class Observed:
    """The replies in the order of the questions, and the frames of each recording."""

    replies: tuple[Reply, ...]
    recorded: Mapping[Listener, tuple[Frame, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """The test of one line. Trials with recordings run one after another, so that no other test's packets are recorded.

    `evaluate`: the result from what was observed, ValueError where an answer makes no sense; `seconds`: how long a trial
    that does not hold is repeated (0: once).
    """

    asked: tuple[Asked, ...]
    evaluate: Callable[[Observed], Seen]
    listeners: tuple[Listener, ...] = ()
    seconds: float = 0.0

    def judged(self, observed: Observed) -> Seen:
        """The result; not tested where an answer is none. A program that did not end has said neither yes nor no."""
        for item, reply in zip(self.asked, observed.replies, strict=True):
            if item.question.kind is Kind.RUN and reply.outcome is not Outcome.RAN:
                return Seen(None, f"`{' '.join(item.question.words)}` does not end in `{item.node}`")
        try:
            return self.evaluate(observed)
        except ValueError as error:
            return Seen(None, f"what a node answers makes no sense: {error}")


def untested(text: str) -> Trial:
    """The trial of a line that cannot be tested, with the reason."""
    return Trial((), lambda _: Seen(None, text))
