"""Questions from inside a node's network, many at once: `probe.pl` sends them, its output is read here."""

from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.disk.shipped import shipped_text
from netdsl.ir.ids import Address
from netdsl.runtime.driver import DriverError, Probe

_MOST = 150
"""Questions in one command, limited by open sockets and the length of arguments."""
_LINE_END = "\x1f"


class Kind(StrEnum):
    ICMP = "icmp"
    WHOLE = "whole"  # a ping that must not be fragmented
    TCP = "tcp"
    UDP = "udp"
    DNS = "dns"  # a query over UDP that every name server answers
    RUN = "run"  # a program

    @property
    def carries_text(self) -> bool:
        """Whether a text of one's own, of any length, is in its packets."""
        match self:
            case Kind.ICMP | Kind.WHOLE | Kind.TCP | Kind.UDP:
                return True
            case Kind.DNS | Kind.RUN:
                return False
            case _:
                assert_never(self)

    @property
    def is_datagram(self) -> bool:
        match self:
            case Kind.UDP | Kind.DNS:
                return True
            case Kind.ICMP | Kind.WHOLE | Kind.TCP | Kind.RUN:
                return False
            case _:
                assert_never(self)

    @property
    def says_who_answers(self) -> bool:
        """Whether the answer has the name of the service in it."""
        match self:
            case Kind.TCP | Kind.UDP:
                return True
            case Kind.ICMP | Kind.WHOLE | Kind.DNS | Kind.RUN:
                return False
            case _:
                assert_never(self)


class Outcome(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"
    REJECTED = "rejected"  # an ICMP error as answer to a connection attempt
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"  # by the node's own filter
    TIMEOUT = "timeout"
    RAN = "ran"


@dataclass(frozen=True, slots=True)
class Question:
    """`text`: the content of the packet, without tabs and line ends; `words`: for RUN the program and its arguments.
    `is_inside`: it is a program of the node, which says what only the node knows; all others are the probe's."""

    kind: Kind
    address: Address | None = None
    port: int = 0
    text: str = ""
    words: tuple[str, ...] = ()
    is_inside: bool = False

    @property
    def argument(self) -> str:
        fields = self.words if self.kind is Kind.RUN else (str(self.address), str(self.port), self.text)
        return "\t".join((self.kind.value, *fields))


@dataclass(frozen=True, slots=True)
class Reply:
    """`text`: the first line of a service's answer, or the error; for RUN the whole output, with the exit `status`."""

    outcome: Outcome
    text: str = ""
    status: int = 0

    @property
    def passes(self) -> bool:
        """Whether the destination answered or refused."""
        return self.outcome in (Outcome.ANSWERED, Outcome.REFUSED)

    def __str__(self) -> str:
        match self.outcome:
            case Outcome.ANSWERED:
                return f"answered by {self.text}" if self.text else "answered"
            case Outcome.TIMEOUT:
                return "no answer"
            case Outcome.UNREACHABLE | Outcome.BLOCKED:
                return f"{self.outcome}: {self.text.lower()}" if self.text else str(self.outcome)
            case Outcome.REFUSED | Outcome.REJECTED | Outcome.RAN:
                return str(self.outcome)
            case _:
                assert_never(self.outcome)


def ask(
    probe: Probe, node: str, questions: Sequence[Question], *, patience: float, slowness: float
) -> tuple[Reply, ...]:
    """The replies to all questions, sent from one node at once by a probe in its network. `node`: its path; `patience`:
    seconds per question, ten times as many for a program. Raises DriverError."""
    program = shipped_text("netdsl.testing", "probe.pl")
    replies: list[Reply] = []
    for start in range(0, len(questions), _MOST):
        batch = questions[start : start + _MOST]
        words = ["perl", "-e", program, "--", f"{patience:g}", *(question.argument for question in batch)]
        answer = probe.ask(words, timeout=patience * 3 + 30 * slowness)
        lines = answer.output.split("\n")[:-1]
        if answer.status or len(lines) != len(batch):
            raise DriverError(
                f"nothing can be asked from `{node}`",
                command="perl",
                status=answer.status,
                tail=answer.errors,
            )
        try:
            replies += map(read_reply, lines)
        except ValueError as error:
            raise DriverError(f"what is answered from `{node}` is no answer of a probe", command="perl") from error
    return tuple(replies)


def read_reply(line: str) -> Reply:
    """The reply in one line of the program's output. Raises ValueError for other text."""
    outcome, _, text = line.partition("\t")
    if outcome.startswith("exit "):
        return Reply(Outcome.RAN, text.replace(_LINE_END, "\n"), int(outcome.removeprefix("exit ")))
    return Reply(Outcome(outcome), text)
