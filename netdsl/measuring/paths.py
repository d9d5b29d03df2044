"""The choice of the paths to measure: through tunnels, and outside of them. The verifier decides what passes.

The number of candidates is bounded for labs of any size, and the choice depends on the lab alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import Encrypted, GoesThrough, Reaches
from netdsl.ir.ids import Address, NodeId, Prefix, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Segment, TunnelEnd
from netdsl.measuring.types import Path
from netdsl.packets.types import Outcome, Verdict
from netdsl.packets.world import World, esps_of
from netdsl.verify.goals import targets
from netdsl.verify.predict import predict
from netdsl.verify.question import BadQuestion, question

PORT = 5201
"""The port of iperf3."""
PING = "icmp"
TCP, UDP = str(port(Protocol.TCP, PORT)), str(port(Protocol.UDP, PORT))

_MOST_TUNNELS = 4
_MOST_ALIKE = 2  # tunnels with equal settings
_TRIED_TUNNELS = 16
_MOST_CLAIMS = 60  # lines of `expect` that are considered
_MOST_MEMBERS = 3  # nodes that are tried of a network or of one side of a tunnel
_MOST_NETWORKS = 12  # networks that are tried for a path outside of tunnels
_MOST_SERVED = 16  # served ports that are tried if the tools' own do not pass

_TOOL_SERVICES: tuple[tuple[str, PortService | None], ...] = (
    (PING, None),
    (TCP, port(Protocol.TCP, PORT)),
    (UDP, port(Protocol.UDP, PORT)),
)


def choose(lab: Lab, worlds: Sequence[World], wanted: Sequence[tuple[str, str]] = ()) -> tuple[Path, ...]:
    """The path of each wanted pair (a node, and a destination as `netdsl trace` takes it). Without wanted pairs: one
    path through each tunnel, at most two of tunnels with equal settings and four in all, and for each address family
    one path outside of tunnels.

    `worlds`: the lab with each kind of ESP that the nodes may have (`worlds_of`). A path that is the same with each is
    preferred, so that runtimes with different kinds are measured on one path; where there is none, each kind has its own
    path, or none. Raises BadQuestion for a wanted pair that does not exist, or between which no measurable service
    passes, whatever the ESP.
    """
    finders = [_PathFinder(lab, world) for world in worlds]
    if wanted:
        found = [path for pair in wanted for path in _wanted(finders, *pair)]
    else:
        found = [*_through(finders), *_outside_tunnels(finders)]
    return _named(dict.fromkeys(found))


def worlds_of(lab: Lab) -> tuple[World, ...]:
    """The lab with each kind of ESP by which its paths may differ."""
    return tuple(World(lab, esp) for esp in esps_of(lab))


def is_possible(path: Path, esp: str) -> bool:
    """Whether the path passes where the nodes have this kind of ESP (`kernel`, `user`; empty: not known)."""
    return path.esp in ("", esp) or not esp


def _named(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths with names: the two ends, the address if several paths have the same ends, and the kind of ESP if that
    alone tells two apart."""
    paths = tuple(paths)
    ends = [(path.source, path.destination) for path in paths]
    names = [
        f"{path.source} to {path.destination}" + (f" at {path.address}" if ends.count(pair) > 1 else "")
        for path, pair in zip(paths, ends, strict=True)
    ]
    return tuple(
        replace(path, name=f"{name} ({path.esp} ESP)" if names.count(name) > 1 and path.esp else name)
        for path, name in zip(paths, names, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """A source node and a destination address. `services`: those that an `expect` line names."""

    source: NodeId
    address: Address
    services: tuple[PortService, ...] = ()


@dataclass(slots=True)
class _PathFinder:
    """Finds the paths of pairs, each pair once."""

    lab: Lab
    world: World
    _found: dict[_Pair, tuple[Path, ...]] = field(default_factory=dict)
    _nodes: dict[NodeId, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._nodes = {node.id: node for node in self.lab.nodes if not node.kind.bridges}

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes.values())

    def between(self, pair: _Pair) -> tuple[Path, ...]:
        """The path of a pair; several if its ports lead to several nodes or through several tunnels."""
        if pair not in self._found:
            self._found[pair] = tuple(self._paths(pair))
        return self._found[pair]

    def wanted(self, source: str, destination: str) -> Iterator[_Pair]:
        """The pairs that a user's pair may mean: an address of the destination each. Raises BadQuestion."""
        query = question(self.world, source, destination)
        services = (query.service,) if query.service is not None else self._served(query.destination)
        for address in (query.destination, *query.others):
            yield _Pair(query.source, address, services)

    def why_not(self, source: str, destination: str) -> str:
        query = question(self.world, source, destination)
        return predict(self.world, query.source, query.destination, query.service).reason

    def node(self, name: str) -> Node:
        return self._nodes[NodeId(name)]

    def count_hosts(self, path: Path) -> int:
        """How many of the path's two ends are hosts."""
        return sum(not self.node(name).kind.forwards for name in (path.source, path.destination))

    def _paths(self, pair: _Pair) -> Iterator[Path]:
        if pair.address in self.world.view(pair.source).local:
            return
        groups: dict[tuple[NodeId, tuple[TunnelId, ...]], list[str]] = {}
        first_verdict: dict[tuple[NodeId, tuple[TunnelId, ...]], Verdict] = {}
        expected = [(str(service), service) for service in pair.services if _is_measurable(service)]
        for text, service in (*_TOOL_SERVICES, *expected):
            verdict = predict(self.world, pair.source, pair.address, service)
            is_reached = verdict.passes if text in (TCP, UDP) else verdict.outcome is Outcome.ANSWERED
            if is_reached and verdict.answered_by is not None:
                key = (verdict.answered_by[0], verdict.tunnels)
                groups.setdefault(key, []).append(text)
                first_verdict.setdefault(key, verdict)
        for key, services in groups.items():
            node, tunnels = key
            hops = max(len(first_verdict[key].request) - 2, 0)
            yield Path("", pair.source, node, str(pair.address), tunnels, hops, _services(services))

    def _served(self, address: Address) -> tuple[PortService, ...]:
        """TCP services that may be open at an address: those that its node serves and those that a dnat rule
        redirects."""
        nodes = [self._nodes[node] for node in self.world.fabric.addresses.get(address, ()) if node in self._nodes]
        found = [served.service for node in nodes for served in node.services]
        found += [
            service
            for node in self.nodes
            for rule in node.nat.destination
            if not rule.match.destinations or any(address in prefix for prefix in rule.match.destinations)
            for service in rule.match.services
        ]
        tcp = (service for service in found if _is_measurable(service))
        return tuple(dict.fromkeys(tcp))[:_MOST_SERVED]


def _is_measurable(service: PortService) -> bool:
    """Whether the service is a single TCP port from which a connection can be redirected to iperf3."""
    is_one = service.first is not None and service.first == service.last
    return service.protocol is Protocol.TCP and is_one and service.first != PORT


def _services(services: list[str]) -> tuple[str, ...]:
    """The tools' own services that pass; without TCP among them also the first served port."""
    passing = [text for text in services if text in (PING, TCP, UDP)]
    return tuple(passing if TCP in passing else [*passing, *[text for text in services if text not in passing][:1]])


def _has_tcp(path: Path) -> bool:
    return any(text.startswith("tcp/") for text in path.services)


Rank = Callable[[Path], object]
"""The least is the best path."""


def _best(
    finders: Sequence[_PathFinder], pairs: Sequence[_Pair], fits: Callable[[Path], bool], rank: Rank
) -> list[Path]:
    """The best path that fits and is the same with each kind of ESP; else the best path of each kind that has one."""
    shared = [path for pair in pairs for path in _shared(finders, pair) if fits(path)]
    if shared or len(finders) == 1:
        return _least(shared, rank)
    found = []
    for finder in finders:
        own = [path for pair in pairs for path in finder.between(pair) if fits(path)]
        found += [replace(path, esp=finder.world.esp.value) for path in _least(own, rank)]
    return found


def _least(paths: Iterable[Path], rank: Rank) -> list[Path]:
    """The path of the lowest rank, the first of several; none of none."""
    return sorted(paths, key=rank)[:1]  # type: ignore[arg-type]


def _shared(finders: Sequence[_PathFinder], pair: _Pair) -> Iterator[Path]:
    """The paths of a pair that lead to the same node through the same tunnels with each kind of ESP, with the services
    that pass with each."""
    first, *others = [{(path.destination, path.tunnels): path for path in finder.between(pair)} for finder in finders]
    for key, path in first.items():
        same = [found[key] for found in others if key in found]
        services = tuple(one for one in path.services if all(one in other.services for other in same))
        if len(same) == len(others) and services:
            yield replace(path, services=services)


def _wanted(finders: Sequence[_PathFinder], source: str, destination: str) -> list[Path]:
    """The path of a pair that a user has named, at the first of its addresses that has one."""
    for pair in finders[0].wanted(source, destination):
        found = _best(finders, [pair], lambda _: True, lambda path: (not _has_tcp(path), -len(path.services)))
        if found:
            return found
    reason = finders[0].why_not(source, destination)
    raise BadQuestion(f"nothing that can be measured passes from `{source}` to `{destination}`: {reason}")


# --- through tunnels


def _through(finders: Sequence[_PathFinder]) -> Iterator[Path]:
    chosen: dict[object, int] = {}
    first = finders[0]
    expected = tuple(_expected(first))
    for number, (tunnel, ends) in enumerate(_tunnels(first.lab).items()):
        kind = _kind(ends)
        if number >= _TRIED_TUNNELS or sum(chosen.values()) >= _MOST_TUNNELS:
            return
        up = [finder for finder in finders if finder.world.is_up(tunnel)]
        if chosen.get(kind, 0) >= _MOST_ALIKE or not up:
            continue
        best = _best_through(finders, tunnel, [*expected, *_between_ends(first, ends)])
        if best:
            chosen[kind] = chosen.get(kind, 0) + 1
            yield from best


def _best_through(finders: Sequence[_PathFinder], tunnel: TunnelId, pairs: Sequence[_Pair]) -> list[Path]:
    """The best path through a tunnel: few tunnels, TCP possible, between hosts, many services, in this order."""
    return _best(
        finders,
        pairs,
        lambda path: tunnel in path.tunnels,
        lambda path: (
            len(path.tunnels),
            not _has_tcp(path),
            -finders[0].count_hosts(path),
            -len(path.services),
        ),
    )


def _tunnels(lab: Lab) -> dict[TunnelId, list[TunnelEnd]]:
    found: dict[TunnelId, list[TunnelEnd]] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            found.setdefault(end.tunnel, []).append(end)
    return found


def _kind(ends: Sequence[TunnelEnd]) -> object:
    """The settings by which two tunnels are alike."""
    end = ends[0]
    children = tuple((child.mode, bool(child.local), bool(child.remote)) for child in end.children)
    family = None if end.local is None else end.local.version
    return (end.kind, end.profile, children, family)


def _expected(finder: _PathFinder) -> Iterator[_Pair]:
    """The pairs of the positive `expect` lines outside of blocks with `while` or `failure`."""
    lines = (
        line.claim
        for block in finder.lab.expectations
        if block.state is None and not block.is_failure
        for line in block.lines
    )
    claims = [
        claim for claim in lines if isinstance(claim, Reaches | Encrypted | GoesThrough) and not claim.is_negative
    ]
    for claim in claims[:_MOST_CLAIMS]:
        for target in targets(finder.world, claim.source, claim.goal)[:_MOST_MEMBERS]:
            for address in target.addresses[:2]:
                yield _Pair(claim.source, address, claim.goal.services)


def _between_ends(finder: _PathFinder, ends: Sequence[TunnelEnd]) -> Iterator[_Pair]:
    """Pairs of nodes within the traffic selectors of the two ends; the ends themselves last."""
    for end in ends[:2]:
        child = end.children[0] if end.children else None
        if child is None:
            continue
        carried = _carried(finder, end)
        sources = _members(finder.nodes, carried or child.local, end.node)
        for other, address in _members(finder.nodes, carried or child.remote, end.peer):
            for source, _ in sources:
                if source != other:
                    yield _Pair(source, address)


def _carried(finder: _PathFinder, end: TunnelEnd) -> tuple[Prefix, ...]:
    """The prefixes of the network that the tunnel carries, if it does that."""
    own = finder.node(end.node).interfaces
    on = (one for one in own if isinstance(end.steering, Segment) and one.name == end.steering.interface)
    return tuple(given.network for interface in on for given in interface.addresses)


def _members(nodes: Iterable[Node], prefixes: Sequence[Prefix], end: NodeId | None) -> list[tuple[NodeId, Address]]:
    """Nodes with an address in one of the prefixes: hosts first, the tunnel's own end last. Without prefixes: the
    end."""
    found: list[tuple[tuple[bool, bool], NodeId, Address]] = []
    for node in nodes:
        addresses = [assigned.ip for interface in node.interfaces for assigned in interface.addresses]
        if not prefixes and node.id == end:
            found += [((False, False), node.id, address) for address in addresses[:1]]
        inside = (address for address in addresses if any(address in prefix for prefix in prefixes))
        address = next(inside, None)
        if address is not None:
            found.append(((node.id == end, node.kind.forwards), node.id, address))
    found.sort(key=lambda entry: entry[0])
    return [(node, address) for _, node, address in found[:_MOST_MEMBERS]]


# --- outside of tunnels


def _outside_tunnels(finders: Sequence[_PathFinder]) -> Iterator[Path]:
    """For each address family the best path outside of tunnels: TCP possible, many hops, between hosts."""
    first = finders[0]
    pairs = [*_expected(first), *_distant_pairs(first)]
    for version in (4, 6):
        yield from _best(
            finders,
            [pair for pair in pairs if pair.address.version == version],
            lambda path: not path.tunnels,
            lambda path: (
                not _has_tcp(path),
                path.hops == 0,
                -path.hops,
                -first.count_hosts(path),
                -len(path.services),
            ),
        )


def _distant_pairs(finder: _PathFinder) -> Iterator[_Pair]:
    """Pairs of the first and last nodes of networks, which are picked at equal steps over the whole lab."""
    members_of: dict[str, list[tuple[Node, Address]]] = {}
    for node in sorted(finder.nodes, key=lambda node: node.kind.forwards):
        for interface in node.interfaces:
            for assigned in interface.addresses[:1]:
                members_of.setdefault(interface.network, []).append((node, assigned.ip))
    networks = [network.id for network in finder.lab.networks if network.id in members_of]
    step = max(1, -(-len(networks) // _MOST_NETWORKS))
    picked = [members_of[network] for network in networks[::step]]
    goals = [member for members in picked for member in dict.fromkeys((members[0], members[-1]))]
    for members in picked:
        source = members[0][0]
        for node, address in goals:
            if node.id != source.id:
                yield _Pair(source.id, address)
