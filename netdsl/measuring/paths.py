"""Which ways through a lab are measured: through its tunnels, and around them all. What passes is the verifier's to say.

How much is looked at is bounded, whatever the size of the lab; the choice depends on the lab alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from netdsl.ir.expectation import Encrypted, GoesThrough, Reaches
from netdsl.ir.ids import Address, NodeId, Prefix, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Segment, TunnelEnd
from netdsl.measuring.types import Path
from netdsl.packets.types import Outcome, Verdict
from netdsl.packets.world import World
from netdsl.verify.goals import targets
from netdsl.verify.predict import predict
from netdsl.verify.question import BadQuestion, question

PORT = 5201
"""Of iperf3."""
PING = "icmp"
TCP, UDP = str(port(Protocol.TCP, PORT)), str(port(Protocol.UDP, PORT))

_MOST_TUNNELS = 4
_OF_A_KIND = 2  # tunnels that are made alike
_TRIED_TUNNELS = 16
_LINES = 60  # of `expect`
_MEMBERS = 3  # nodes of a network, or of one side of a tunnel, that stand for all
_NETWORKS = 12  # that are tried for a way around
_SERVED = 16  # ports that are tried where the tools' own do not pass

_ASKED: tuple[tuple[str, PortService | None], ...] = (
    (PING, None),
    (TCP, port(Protocol.TCP, PORT)),
    (UDP, port(Protocol.UDP, PORT)),
)


def choose(lab: Lab, world: World, wanted: Sequence[tuple[str, str]] = ()) -> tuple[Path, ...]:
    """Of the pairs that somebody names (a node, and what `netdsl trace` takes as a destination) each one's path; without
    any, one through each tunnel, at most two of tunnels that are alike and four in all, and one around them for each
    family of addresses.

    Raises BadQuestion for a wanted pair that there is not, or between which nothing passes that can be measured.
    """
    ways = _Ways(lab, world)
    found = [ways.wanted(*pair) for pair in wanted] if wanted else [*_through(ways), *_around(ways)]
    return _named(dict.fromkeys(found))


def _named(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Each by its ends; of several between the same two by the address too."""
    paths = tuple(paths)
    ends = [(path.source, path.destination) for path in paths]
    return tuple(
        replace(
            path, name=f"{path.source} to {path.destination}" + (f" at {path.address}" if ends.count(pair) > 1 else "")
        )
        for path, pair in zip(paths, ends, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Somebody who asks an address; `services`: what the lab's author expects there."""

    source: NodeId
    address: Address
    services: tuple[PortService, ...] = ()


@dataclass(slots=True)
class _Ways:
    """What has been found out about pairs."""

    lab: Lab
    world: World
    _known: dict[_Pair, tuple[Path, ...]] = field(default_factory=dict)
    _nodes: dict[NodeId, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._nodes = {node.id: node for node in self.lab.nodes if not node.kind.bridges}

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes.values())

    def between(self, pair: _Pair) -> tuple[Path, ...]:
        """The path that a pair has; several where its ports lead to several nodes, or into several tunnels."""
        if pair not in self._known:
            self._known[pair] = tuple(self._paths(pair))
        return self._known[pair]

    def wanted(self, source: str, destination: str) -> Path:
        asked = question(self.world, source, destination)
        services = (asked.service,) if asked.service is not None else self._served(asked.destination)
        for address in (asked.destination, *asked.others):
            found = self.between(_Pair(asked.source, address, services))
            if found:
                return max(found, key=lambda path: (_can_tcp(path), len(path.services)))
        reason = predict(self.world, asked.source, asked.destination, asked.service).reason
        raise BadQuestion(f"nothing that can be measured passes from `{source}` to `{destination}`: {reason}")

    def node(self, name: str) -> Node:
        return self._nodes[NodeId(name)]

    def is_host(self, name: str) -> bool:
        return not self.node(name).kind.forwards

    def _paths(self, pair: _Pair) -> Iterator[Path]:
        if pair.address in self.world.view(pair.source).local:
            return
        groups: dict[tuple[NodeId, tuple[TunnelId, ...]], list[str]] = {}
        seen: dict[tuple[NodeId, tuple[TunnelId, ...]], Verdict] = {}
        own = [(str(service), service) for service in pair.services if _is_measurable(service)]
        for text, service in (*_ASKED, *own):
            verdict = predict(self.world, pair.source, pair.address, service)
            is_there = verdict.passes if text in (TCP, UDP) else verdict.outcome is Outcome.ANSWERED
            if is_there and verdict.answered_by is not None:
                key = (verdict.answered_by[0], verdict.tunnels)
                groups.setdefault(key, []).append(text)
                seen.setdefault(key, verdict)
        for key, services in groups.items():
            node, tunnels = key
            hops = max(len(seen[key].request) - 2, 0)
            yield Path("", pair.source, node, str(pair.address), tunnels, hops, _useful(services))

    def _served(self, address: Address) -> tuple[PortService, ...]:
        """TCP ports that might be open at an address: those of its node, those that somebody redirects, those expected."""
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
        return tuple(dict.fromkeys(tcp))[:_SERVED]


def _is_measurable(service: PortService) -> bool:
    """A port of its own that iperf3's connection can be led to."""
    is_one = service.first is not None and service.first == service.last
    return service.protocol is Protocol.TCP and is_one and service.first != PORT


def _useful(services: list[str]) -> tuple[str, ...]:
    """A served port only where the tools' own does not pass."""
    own = [text for text in services if text in (PING, TCP, UDP)]
    return tuple(own if TCP in own else [*own, *[text for text in services if text not in own][:1]])


def _can_tcp(path: Path) -> bool:
    return any(text.startswith("tcp/") for text in path.services)


# --- through tunnels


def _through(ways: _Ways) -> Iterator[Path]:
    taken: dict[object, int] = {}
    named = tuple(_expected(ways))
    for number, (tunnel, ends) in enumerate(_tunnels(ways.lab).items()):
        kind = _kind(ends)
        if number >= _TRIED_TUNNELS or sum(taken.values()) >= _MOST_TUNNELS:
            return
        if taken.get(kind, 0) >= _OF_A_KIND or not ways.world.is_up(tunnel):
            continue
        best = _best_through(ways, tunnel, [*named, *_between_ends(ways, ends)])
        if best is not None:
            taken[kind] = taken.get(kind, 0) + 1
            yield best


def _best_through(ways: _Ways, tunnel: TunnelId, pairs: Iterable[_Pair]) -> Path | None:
    """Between hosts before others, then what can be measured with most tools, then the author's own."""
    found = [path for pair in pairs for path in ways.between(pair) if tunnel in path.tunnels]
    return min(
        found,
        key=lambda path: (
            len(path.tunnels),
            not _can_tcp(path),
            -(ways.is_host(path.source) + ways.is_host(path.destination)),
            -len(path.services),
        ),
        default=None,
    )


def _tunnels(lab: Lab) -> dict[TunnelId, list[TunnelEnd]]:
    found: dict[TunnelId, list[TunnelEnd]] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            found.setdefault(end.tunnel, []).append(end)
    return found


def _kind(ends: Sequence[TunnelEnd]) -> object:
    """What tunnels that are made alike have in common."""
    end = ends[0]
    children = tuple((child.mode, bool(child.local), bool(child.remote)) for child in end.children)
    family = None if end.local is None else end.local.version
    return (end.kind, end.profile, children, family)


def _expected(ways: _Ways) -> Iterator[_Pair]:
    """The pairs that `expect` names and wants to pass, in the lab as it is."""
    lines = (
        line.claim
        for block in ways.lab.expectations
        if block.state is None and not block.is_failure
        for line in block.lines
    )
    claims = [
        claim for claim in lines if isinstance(claim, Reaches | Encrypted | GoesThrough) and not claim.is_negative
    ]
    for claim in claims[:_LINES]:
        for target in targets(ways.world, claim.source, claim.goal)[:_MEMBERS]:
            for address in target.addresses[:2]:
                yield _Pair(claim.source, address, claim.goal.services)


def _between_ends(ways: _Ways, ends: Sequence[TunnelEnd]) -> Iterator[_Pair]:
    """From whom the selectors of one end protect to whom the other's do; the ends themselves last."""
    for end in ends[:2]:
        child = end.children[0] if end.children else None
        if child is None:
            continue
        carried = _carried(ways, end)
        sources = _members(ways.nodes, carried or child.local, end.node)
        for other, address in _members(ways.nodes, carried or child.remote, end.peer):
            for source, _ in sources:
                if source != other:
                    yield _Pair(source, address)


def _carried(ways: _Ways, end: TunnelEnd) -> tuple[Prefix, ...]:
    """The prefixes of the network that the tunnel carries, if it does that."""
    own = ways.node(end.node).interfaces
    on = (one for one in own if isinstance(end.steering, Segment) and one.name == end.steering.interface)
    return tuple(given.network for interface in on for given in interface.addresses)


def _members(nodes: Iterable[Node], prefixes: Sequence[Prefix], end: NodeId | None) -> list[tuple[NodeId, Address]]:
    """Nodes with an address in one of the prefixes: hosts first, the tunnel's own end last. Without prefixes the end."""
    found: list[tuple[tuple[bool, bool], NodeId, Address]] = []
    for node in nodes:
        own = [given.ip for interface in node.interfaces for given in interface.addresses]
        if not prefixes and node.id == end:
            found += [((False, False), node.id, address) for address in own[:1]]
        inside = (address for address in own if any(address in prefix for prefix in prefixes))
        address = next(inside, None)
        if address is not None:
            found.append(((node.id == end, node.kind.forwards), node.id, address))
    found.sort(key=lambda one: one[0])
    return [(node, address) for _, node, address in found[:_MEMBERS]]


# --- around them


def _around(ways: _Ways) -> Iterator[Path]:
    """One for each family: by TCP if that can be, over as many hops as can be had, between hosts."""
    pairs = [*_expected(ways), *_far(ways)]
    for version in (4, 6):
        found = [
            path for pair in pairs if pair.address.version == version for path in ways.between(pair) if not path.tunnels
        ]
        best = min(
            found,
            key=lambda path: (
                not _can_tcp(path),
                path.hops == 0,
                -path.hops,
                -(ways.is_host(path.source) + ways.is_host(path.destination)),
                -len(path.services),
            ),
            default=None,
        )
        if best is not None:
            yield best


def _far(ways: _Ways) -> Iterator[_Pair]:
    """Between nodes that stand for their networks, these taken from all over the lab."""
    here: dict[str, list[tuple[Node, Address]]] = {}
    for node in sorted(ways.nodes, key=lambda node: node.kind.forwards):
        for interface in node.interfaces:
            for given in interface.addresses[:1]:
                here.setdefault(interface.network, []).append((node, given.ip))
    networks = [network.id for network in ways.lab.networks if network.id in here]
    step = max(1, -(-len(networks) // _NETWORKS))
    standing = [here[network] for network in networks[::step]]
    goals = [one for members in standing for one in dict.fromkeys((members[0], members[-1]))]
    for members in standing:
        source = members[0][0]
        for node, address in goals:
            if node.id != source.id:
                yield _Pair(source.id, address)
