"""What the verifier says of a lab: the matrix's cells, each expectation with its reason, and the summary.

Public and stable, as the flows in `netdsl.packets.types`.
"""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diagnostics.fix import Fix
from netdsl.diagnostics.wording import counted
from netdsl.ir.expectation import Expectation, Expected
from netdsl.ir.ids import Address, NodeId
from netdsl.packets.types import Esp, Outcome, Verdict
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of the matrix: a node to an address of another node, by ICMP echo. `is_encrypted` and `outcome` as in
    the verdict."""

    source: NodeId
    destination: NodeId
    address: Address
    outcome: Outcome
    is_encrypted: bool
    is_exact: bool
    reason: str

    @property
    def passes(self) -> bool:
        return self.outcome in (Outcome.ANSWERED, Outcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of an `expect` block: whether it holds, and why not (a sentence), or why so. `verdicts` are the flows that
    were followed for it. `is_exact` False: it depends on something raw. `near`: what would nearly have let it pass;
    `fixes`: changes of the source of which each does."""

    expectation: Expectation
    line: Expected
    holds: bool
    reason: str
    origin: Place | None = field(default=None, compare=False, repr=False)
    verdicts: tuple[Verdict, ...] = field(default=(), repr=False)
    is_exact: bool = True
    near: str | None = None
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependence:
    """A line of an `expect` block, or a failure block as a whole (`line` None), that holds with one kind of ESP alone:
    `esp`. `reason`: why it does not with the other, a sentence."""

    expectation: Expectation
    line: Expected | None
    esp: Esp
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """`held` and `failed` count lines (of a failure block the block is one, which holds when a line of it does not).
    `unverified` are lines that depend on something raw or outside of the lab, `depending` what depends on the kind of
    ESP."""

    proofs: tuple[Proof, ...]
    held: int
    failed: int
    unverified: int
    depending: tuple[Dependence, ...] = ()

    def __str__(self) -> str:
        if not self.held and not self.failed:
            return "no expectations"
        count = f"{counted(self.held, 'expectation')} {'holds' if self.held == 1 else 'hold'}"
        if self.failed:
            count += f", {self.failed} do{'es' if self.failed == 1 else ''} not"
        if self.unverified:
            count += f"; {self.unverified} of them cannot be known"
        if self.depending:
            count += (
                f"; {len(self.depending)} of them depend{'s' if len(self.depending) == 1 else ''} on the kind of ESP"
            )
        return count
