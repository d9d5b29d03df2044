"""The nodes and addresses of two labs, paired: who asks, and under what address who is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diff.pairs import Pairs
from netdsl.diff.types import Names
from netdsl.ir.ids import Address, NetworkId, NodeId, end_name
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node


@dataclass(frozen=True, slots=True)
class Slot:
    """An address of a node in each lab. `names`: how it is written, `fw.wan`, or the address itself."""

    node: int
    before: Address | None
    after: Address | None
    names: Names

    @property
    def versions(self) -> frozenset[int]:
        return frozenset(one.version for one in (self.before, self.after) if one is not None)


@dataclass(frozen=True, slots=True)
class People:
    """Nodes that send and take packets, by number. `homes`: the only network of a node that is on one, by the number of the
    network; `families`: the versions of IP that a node has in either lab. `first`, `second`: where nodes and addresses of
    each lab are."""

    nodes: tuple[Names, ...]
    networks: tuple[Names, ...]
    homes: tuple[int | None, ...]
    families: tuple[frozenset[int], ...]
    slots: tuple[Slot, ...]
    first: "Index" = field(compare=False, repr=False)
    second: "Index" = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index:
    nodes: Mapping[NodeId, int]
    slots: Mapping[tuple[NodeId, Address], int]


def people_of(before: Lab, after: Lab, pairs: Pairs) -> People:
    first, second = _ends(before), _ends(after)
    nodes = [
        Names(one.before if one.before in first else None, one.after if one.after in second else None)
        for one in pairs.nodes
        if one.before in first or one.after in second
    ]
    olds = {one.before: at for at, one in enumerate(pairs.networks) if one.before is not None}
    news = {one.after: at for at, one in enumerate(pairs.networks) if one.after is not None}
    homes: list[int | None] = []
    families: list[frozenset[int]] = []
    slots: list[Slot] = []
    for at, names in enumerate(nodes):
        old, new = first.get(names.before or ""), second.get(names.after or "")
        known = {_home(one, where) for one, where in ((old, olds), (new, news)) if one is not None}
        homes.append(known.pop() if len(known) == 1 else None)
        own = list(_slots(at, old, new, pairs.renamed))
        families.append(frozenset().union(*(one.versions for one in own)))
        slots += own
    return People(
        tuple(nodes),
        tuple(Names(one.before, one.after) for one in pairs.networks),
        tuple(homes),
        tuple(families),
        tuple(slots),
        _index([(one.before, at) for at, one in enumerate(nodes)], [(one.before, one.node) for one in slots], nodes, 0),
        _index([(one.after, at) for at, one in enumerate(nodes)], [(one.after, one.node) for one in slots], nodes, 1),
    )


def _index(
    named: Sequence[tuple[str | None, int]],
    addressed: Sequence[tuple[Address | None, int]],
    nodes: Sequence[Names],
    side: int,
) -> Index:
    names = [(one.before, one.after)[side] for one in nodes]
    return Index(
        {NodeId(name): at for name, at in named if name is not None},
        {
            (NodeId(names[node] or ""), address): at
            for at, (address, node) in enumerate(addressed)
            if address is not None
        },
    )


def _ends(lab: Lab) -> dict[str, Node]:
    return {node.id: node for node in lab.nodes if not node.kind.bridges}


def _home(node: Node, numbers: Mapping[str, int]) -> int | None:
    networks: set[NetworkId] = {one.network for one in node.interfaces}
    return numbers[networks.pop()] if len(networks) == 1 and not node.loopbacks else None


# --- addresses


@dataclass(frozen=True, slots=True)
class _Own:
    """An address, by what it belongs to (an interface, `lo`, a tunnel) and its place there in its family."""

    address: Address
    origin: tuple[str, str]
    place: int
    name: str


def _slots(at: int, before: Node | None, after: Node | None, renamed: Mapping[str, str]) -> Iterator[Slot]:
    """The addresses of a node in both labs: the same ones, then those at the same place, then what is left."""
    olds = [] if before is None else list(_own(before, renamed))
    news = [] if after is None else list(_own(after, {}))
    same = {one.address: one for one in olds}
    left = {
        (one.origin, one.address.version, one.place): one
        for one in olds
        if one.address not in {each.address for each in news}
    }
    taken: set[Address] = set()
    for new in news:
        old = same.get(new.address) or left.get((new.origin, new.address.version, new.place))
        if old is None:
            yield Slot(at, None, new.address, Names(None, new.name))
        else:
            taken.add(old.address)
            yield Slot(at, old.address, new.address, Names(old.name, new.name))
    yield from (Slot(at, one.address, None, Names(one.name, None)) for one in olds if one.address not in taken)


def _own(node: Node, renamed: Mapping[str, str]) -> Iterator[_Own]:
    seen: set[Address] = set()
    for interface in node.interfaces:
        own = [given.ip for given in interface.addresses]
        written = f"{node.id}.{interface.name}"
        name = written if len(own) == 1 else None
        yield from _placed(own, ("interface", interface.name), node, name, seen)
    yield from _placed([given.ip for given in node.loopbacks], ("interface", "lo"), node, None, seen)
    for end in node.tunnels:
        tunnel = renamed.get(end.tunnel, end.tunnel)
        yield from _placed(list(end.virtual), ("tunnel", tunnel), node, end_name(end.tunnel, node.id), seen)


def _placed(
    addresses: Sequence[Address], origin: tuple[str, str], node: Node, name: str | None, seen: set[Address]
) -> Iterator[_Own]:
    places = {4: 0, 6: 0}
    for address in addresses:
        place = places[address.version]
        places[address.version] += 1
        if address not in seen:
            seen.add(address)
            yield _Own(address, origin, place, name or f"{node.id} by {address}")
