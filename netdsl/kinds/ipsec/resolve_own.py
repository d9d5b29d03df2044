"""Lines of a block that are said for single ends (`… for NODES`): what one end has in place of what is said for all."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, Prefix
from netdsl.kinds.ipsec import tree
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ends import Members, ends_named, protected_by
from netdsl.semantics.resolve.placement import Block, block_of_lines, report_repeated
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import Word
from netdsl.syntax import tree as syntax
from netdsl.syntax.statements import statements

Protected = Mapping[NodeId, tuple[Prefix, ...]]
"""What ends protect, as one of them has it; the others are left out."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A block's lines, and for which ends each is said; those said for all are not in `said`."""

    block: Block
    said: Mapping[int, frozenset[NodeId]]  # by the identity of the item
    is_right: bool

    @property
    def nodes(self) -> frozenset[NodeId]:
        """The ends that have lines of their own."""
        return frozenset(node for nodes in self.said.values() for node in nodes)

    def of(self, node: NodeId | None, work: Work) -> Block:
        """As an end has them: its own before those said for all. None: those said for all. Reports repeated-statement."""
        own = [item for item in self.block.items if node in self.said.get(id(item), ())]
        first_of: dict[str, Item] = {}
        for item in own:
            first = first_of.setdefault(_subject(item, work), item)
            if first is not item and statements().description_of(item.statement).is_single:
                report_repeated(_subject(item, work), item, first, work.diagnostics)
        kept = [
            item for item in self.block.items
            if item in own or (id(item) not in self.said and _subject(item, work) not in first_of)
        ]  # fmt: skip
        return block_of_lines(kept)


def lines_of(block: Block, members: Members, work: Work) -> Lines:
    """Reports wrong-element for those that name no end."""
    said: dict[int, frozenset[NodeId]] = {}
    is_right = True
    for item in block.items:
        nodes = item.statement.said_for
        if nodes:
            named = ends_named(nodes, item, members, work)
            is_right = is_right and named is not None
            said[id(item)] = frozenset(one.value for one in named or ())
    return Lines(block, said, is_right)


def _subject(item: Item, work: Work) -> str:
    """What a line says something about: one line said for an end stands for all of the same subject."""
    match item.statement:
        case tree.Proposals(protocol=protocol):
            return "ike" if protocol == "ike" else "esp"
        case tree.Rekey(protocol=protocol):
            placed = attributes.placed(protocol, item, work.diagnostics)
            name = placed.value.text if placed is not None and isinstance(placed.value, Word) else ""
            return "rekey ike" if name == "ike" else "rekey esp"
        case statement:
            return statements().description_of(statement).word


def protected_in(block: Block, node: NodeId | None, members: Members, work: Work) -> Protected | None:
    """Of the lines `protecting … for NODES` that an end has; None once reported."""
    found: dict[NodeId, tuple[Prefix, ...]] = {}
    if node is None:
        return found
    for statement, item in block.of(tree.ProtectingFor):
        prefixes = protected_by(statement.networks, item, work)
        owners = [node] if statement.owner is None else _owners(statement.owner, item, members, work)
        if prefixes is None or not owners:
            return None
        for owner in owners:
            found[owner] = tuple(dict.fromkeys((*found.get(owner, ()), *prefixes)))
    return found


def _owners(value: syntax.Value, item: Item, members: Members, work: Work) -> list[NodeId]:
    return [one.value for one in ends_named((value,), item, members, work) or ()]


def bypassed(block: Block, members: Members, work: Work) -> Protected | None:
    """What the lines `bypass` leave out, by end; None once reported."""
    found: dict[NodeId, tuple[Prefix, ...]] = {}
    for statement, item in block.of(tree.Bypass):
        prefixes = protected_by(statement.networks, item, work)
        named = ends_named(statement.nodes, item, members, work)
        if prefixes is None or named is None:
            return None
        for node in named:
            found[node.value] = tuple(dict.fromkeys((*found.get(node.value, ()), *prefixes)))
    return found
