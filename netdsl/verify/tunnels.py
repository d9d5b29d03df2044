"""Which tunnels come up, and what they leave in their ends: policies, routes, virtual addresses.

A child is up when one of its ends may open it, IKE's packets pass there and back, the two ends take each other's
authentication and proposals, and each knows the child. Tunnels `on traffic` count as up: somebody sends sooner or later.
Those `by hand` do not, unless the state asked for says so. IKE's way may lead through other tunnels or depend on rules
`while T up`, so all is tried again until nothing changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from netdsl.ir.ids import Address, NodeId, Prefix, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Authentication, AuthMethod, Child, Mode, SharedSecret, Start, TunnelEnd
from netdsl.lower.prefixes import host_prefix
from netdsl.verify.fabric import Fabric
from netdsl.verify.filtering import IPSEC_DEVICE, in_any
from netdsl.verify.passage import Delivered, Stop
from netdsl.verify.routes import Hop
from netdsl.verify.tracking import Flows, Tracker, reverse
from netdsl.verify.types import Packet
from netdsl.verify.view import Association, Policy, View
from netdsl.verify.walk import Walk

_ROUNDS = 6
_CERTIFIED = (AuthMethod.CERTIFICATE, AuthMethod.EAP_TLS)


@dataclass(frozen=True, slots=True)
class Connection:
    """IKE between two ends, as it came about: `here` opened it. `seen`: how the other end sees this one."""

    here: TunnelEnd
    there: TunnelEnd
    seen: Address
    is_translated: bool
    flows: Flows = field(compare=False, repr=False)


@dataclass(slots=True)
class TunnelStates:
    """`connections` of each tunnel that stand; `failures`: why a tunnel that should is not up; `virtual`: a client's
    addresses."""

    connections: dict[TunnelId, list[Connection]] = field(default_factory=dict)
    failures: dict[TunnelId, str] = field(default_factory=dict)
    virtual: dict[tuple[TunnelId, NodeId], tuple[Address, ...]] = field(default_factory=dict)
    children_up: set[tuple[NodeId, TunnelId, str]] = field(default_factory=set)
    standing: Flows = field(default_factory=dict)

    def is_up(self, lab: Lab, tunnel: TunnelId, child: str | None) -> bool:
        """At every end, every child (or this one)."""
        wanted = [
            (node.id, tunnel, each.name)
            for node in lab.nodes
            for end in node.tunnels
            if end.tunnel == tunnel
            for each in end.children
            if child in (None, each.name)
        ]
        return bool(wanted) and all(key in self.children_up for key in wanted)


def settle(fabric: Fabric, held: frozenset[TunnelId], forced: frozenset[TunnelId]) -> TunnelStates:
    """Bring up all tunnels that come up. `held` are kept down by hand at both ends, `forced` are opened by hand."""
    states = TunnelStates(virtual=dict(_virtual_addresses(fabric.lab)))
    if not any(node.tunnels for node in fabric.lab.nodes):
        return states
    before: object = None
    for _ in range(_ROUNDS):
        found = _connections(fabric, states, held, forced)
        shape = {tunnel: [(one.here, one.there, one.seen) for one in each] for tunnel, each in found.items()}
        states.connections = found
        _install(fabric, states, held, forced)
        if shape == before:
            break
        before = shape
    return states


def _virtual_addresses(lab: Lab) -> Iterator[tuple[tuple[TunnelId, NodeId], tuple[Address, ...]]]:
    """A client gets the next address of each pool: in the order of the source (in a running lab, of their coming)."""
    pools = {end.tunnel: end.pools for node in lab.nodes for end in node.tunnels if end.pools}
    taken: dict[TunnelId, int] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            if end.virtual_families and end.tunnel in pools:
                number = taken[end.tunnel] = taken.get(end.tunnel, 0) + 1
                given = (_of_pool(pool, number) for pool in pools[end.tunnel])
                yield (end.tunnel, node.id), tuple(address for address in given if address is not None)


def _of_pool(pool: Prefix, number: int) -> Address | None:
    if pool.num_addresses == 1:
        return pool.network_address if number == 1 else None
    return pool[number] if number < pool.num_addresses else None


# --- IKE


def _connections(
    fabric: Fabric, states: TunnelStates, held: frozenset[TunnelId], forced: frozenset[TunnelId]
) -> dict[TunnelId, list[Connection]]:
    found: dict[TunnelId, list[Connection]] = {}
    states.failures.clear()
    for view in fabric.views.values():
        for end in view.node.tunnels:
            if end.tunnel in held:
                states.failures[end.tunnel] = f"tunnel `{end.tunnel}` is held down"
                continue
            if not end.peer_addresses or not any(_opens(child, end.tunnel in forced) for child in end.children):
                continue
            if any(end in (one.here, one.there) for one in found.get(end.tunnel, ()) if one.there.peer is not None):
                continue
            connection = _connect(fabric, view, end)
            if isinstance(connection, str):
                states.failures.setdefault(end.tunnel, connection)
            else:
                found.setdefault(end.tunnel, []).append(connection)
    return found


def _opens(child: Child, is_forced: bool) -> bool:
    return child.start in (Start.BOOT, Start.TRAFFIC) or (is_forced and child.start is not Start.NONE)


def _connect(fabric: Fabric, view: View, end: TunnelEnd) -> Connection | str:
    """The connection, or why there is none."""
    if fabric.is_user_space and any(child.mode is Mode.TRANSPORT or child.protocol == "ah" for child in end.children):
        return f"tunnel `{end.tunnel}` needs the kernel's ESP: user space has neither transport mode nor AH"
    peer = end.peer_addresses[0]
    local = end.local or view.source_towards(peer)
    if local is None:
        return f"`{view.id}` has no address towards {peer}"
    tried = _exchange(fabric, view, local, peer, 500)
    if isinstance(tried, str):
        return f"IKE of tunnel `{end.tunnel}` from `{view.id}` does not get there and back: {tried}"
    arrived, flows = tried
    other = arrived.view
    there = next((one for one in other.node.tunnels if _is_peer(one, end, view.id, arrived.packet)), None)
    if there is None:
        return f"`{other.id}` does not expect tunnel `{end.tunnel}` from {arrived.packet.source}"
    reason = _disagreement(fabric.lab, end, there)
    if reason is not None:
        return reason
    is_translated = (arrived.packet.source, arrived.packet.destination) != (local, peer)
    if is_translated or fabric.is_user_space:
        floated = _exchange(fabric, view, local, peer, 4500)
        if isinstance(floated, str):
            return f"IKE of tunnel `{end.tunnel}` from `{view.id}` (udp/4500) does not get there and back: {floated}"
        flows = flows | floated[1]
    return Connection(end, there, arrived.packet.source, is_translated or fabric.is_user_space, flows)


def _exchange(fabric: Fabric, view: View, local: Address, peer: Address, port: int) -> tuple[Delivered, Flows] | str:
    """A datagram of IKE there and its answer back; what the nodes on the way remember of it. A text: where it ended."""
    tracker = Tracker({})
    request = Packet(local, peer, Protocol.UDP, port, port)
    there = Walk(fabric, tracker, is_charon=True).run(view, request)
    if isinstance(there, Stop):
        return there.text
    back = Walk(fabric, tracker, is_answer=True, is_charon=True).run(there.view, reverse(there.packet))
    if isinstance(back, Stop):
        return f"the answer: {back.text}"
    if back.view is not view or back.packet.destination != local or back.packet.source != peer:
        return f"the answer comes from {back.packet.source} and gets to `{back.view.id}`"
    return there, tracker.own


def _is_peer(one: TunnelEnd, end: TunnelEnd, opener: NodeId, packet: Packet) -> bool:
    if one.tunnel != end.tunnel or one.peer not in (None, opener):
        return False
    if one.local is not None and one.local != packet.destination:
        return False
    return not one.peer_addresses or packet.source in one.peer_addresses


def _disagreement(lab: Lab, end: TunnelEnd, there: TunnelEnd) -> str | None:
    """Why two ends that meet do not come to an SA."""
    name = end.tunnel
    if not set(end.ike_proposals) & set(there.ike_proposals):
        return f"the ends of tunnel `{name}` have no IKE proposal in common"
    for mine, other, expected in ((end, there, there.peer_auth), (there, end, end.peer_auth)):
        for auth, wanted in zip(mine.own_auth, expected, strict=False):
            reason = _unproven(lab, mine, other, auth, wanted)
            if reason is not None:
                return f"authentication of tunnel `{name}` fails: {reason}"
    return None


def _unproven(lab: Lab, mine: TunnelEnd, other: TunnelEnd, auth: Authentication, wanted: Authentication) -> str | None:
    """Why `other` does not believe `mine`."""
    if auth.method is not wanted.method:
        return f"`{mine.node}` offers {auth.method}, `{other.node}` wants {wanted.method}"
    if wanted.identity not in ("%any", auth.identity):
        return f"`{mine.node}` is `{auth.identity}`, `{other.node}` expects `{wanted.identity}`"
    if auth.method in _CERTIFIED:
        if auth.pki != wanted.pki:
            return f"`{other.node}` does not trust `{auth.pki}`, from which `{mine.node}` has its certificate"
        entities = {entity.node for pki in lab.pkis if pki.id == auth.pki for entity in pki.end_entities}
        return None if mine.node in entities else f"`{mine.node}` has no certificate of `{auth.pki}`"
    own, expected = _secret(mine, auth.method, auth.identity), _secret(other, auth.method, auth.identity)
    if own is None or expected is None:
        return f"one of `{mine.node}` and `{other.node}` has no secret"
    if (own.value, own.value or own.name) != (expected.value, expected.value or expected.name):
        return f"the secrets of `{mine.node}` and `{other.node}` differ"
    return None


def _secret(end: TunnelEnd, method: AuthMethod, identity: str) -> SharedSecret | None:
    fitting = [secret for secret in end.secrets if secret.method is method]
    return next((secret for secret in fitting if identity in secret.owners), fitting[0] if fitting else None)


# --- what tunnels leave in their ends


def _install(fabric: Fabric, states: TunnelStates, held: frozenset[TunnelId], forced: frozenset[TunnelId]) -> None:
    states.children_up, states.standing = set(), {}
    for view in fabric.views.values():
        if view.node.tunnels:
            view.clear_tunnels()
    for connections in states.connections.values():
        for connection in connections:
            states.standing |= {key: replace(known, is_answered=True) for key, known in connection.flows.items()}
            _install_connection(fabric, states, connection, forced)
    for view in fabric.views.values():
        virtual = [address for end in view.node.tunnels for address in states.virtual.get((end.tunnel, view.id), ())]
        _lead(view, virtual, is_user_space=fabric.is_user_space)
        for end in view.node.tunnels:
            _note_up(view, end, states)
            if end.tunnel not in held and not fabric.is_user_space:
                _install_traps(view, end, states)


def _install_connection(
    fabric: Fabric, states: TunnelStates, connection: Connection, forced: frozenset[TunnelId]
) -> None:
    here, there = connection.here, connection.there
    client = states.virtual.get((here.tunnel, here.node), ()) or states.virtual.get((there.tunnel, there.node), ())
    is_client_here = bool(here.virtual_families)
    local, remote = fabric.views[here.node], fabric.views[there.node]
    local_address = here.local or connection.seen
    remote_address = here.peer_addresses[0]
    for child in here.children:
        other = next((one for one in there.children if one.name == child.name), None)
        if other is None or not set(child.proposals) & set(other.proposals):
            continue
        starts = (child, other) if there.peer_addresses else (child,)
        if not any(_opens(one, here.tunnel in forced) for one in starts):
            continue
        virtual = tuple(host_prefix(address) for address in client)
        mine, theirs = child.local or virtual, child.remote or virtual
        forward = Association(there.node, local_address, remote_address, connection.is_translated)
        backward = Association(here.node, there.local or remote_address, connection.seen, connection.is_translated)
        _add(local, Policy(here, child, mine, theirs, forward), client if is_client_here else ())
        _add(remote, Policy(there, other, theirs, mine, backward), () if is_client_here else client)
        states.children_up.update(
            ((here.node, here.tunnel, child.name), (there.node, here.tunnel, child.name)),
        )


def _add(view: View, policy: Policy, virtual: tuple[Address, ...]) -> None:
    view.policies.append(policy)
    for address in virtual:
        view.add_address(address)


def _lead(view: View, virtual: list[Address], *, is_user_space: bool) -> None:
    """The routes into tunnels, one for each remote prefix, as updown.sh makes them: from the first address of the node that
    lies inside a local selector of any child that is up. Without one the kernel's ESP has no such route; in user space it
    is the node's first address."""
    own = [given.ip for interface in view.node.interfaces for given in interface.addresses]
    own += [*(given.ip for given in view.node.loopbacks), *virtual]
    children: dict[Prefix, list[tuple[tuple[Prefix, ...], Association, Policy]]] = {}
    for policy in view.policies:
        for prefix in policy.remote if policy.is_tunnel and policy.association is not None else ():
            local = tuple(each for each in policy.local if each.version == prefix.version)
            if local and policy.association is not None:
                children.setdefault(prefix, []).append((local, policy.association, policy))
    for prefix, leading in children.items():
        source = next((each for each in own if any(in_any(each, local) for local, *_ in leading)), None)
        _, association, policy = leading[-1]
        outer = view.main.find(association.remote)
        if is_user_space:
            source = source or next((each for each in own if each.version == prefix.version), None)
            view.add_route(prefix, Hop(IPSEC_DEVICE, None, source, origin=policy.end.origin))
        elif source is not None and outer is not None:
            # of the other family than the way there it has no gateway (measured), and needs none: ESP goes to the peer
            gateway = outer.gateway or association.remote if prefix.version == association.remote.version else None
            view.add_route(prefix, Hop(outer.interface, gateway, source, origin=policy.end.origin))


def _note_up(view: View, end: TunnelEnd, states: TunnelStates) -> None:
    """What `while T up` asks: every child, of all connections of the tunnel in this node."""
    ends = [one for one in view.node.tunnels if one.tunnel == end.tunnel]
    names = {child.name for one in ends for child in one.children}
    is_up = {name: (view.id, end.tunnel, name) in states.children_up for name in names}
    view.up.update((end.tunnel, name) for name, found in is_up.items() if found)
    if all(is_up.values()):
        view.up.add((end.tunnel, None))


def _install_traps(view: View, end: TunnelEnd, states: TunnelStates) -> None:
    """A trap whose tunnel cannot come up holds what fits it: nothing leaves in clear."""
    for child in end.children:
        is_trap = child.start is Start.TRAFFIC and bool(end.peer_addresses) and bool(child.local) and bool(child.remote)
        if is_trap and (view.id, end.tunnel, child.name) not in states.children_up:
            view.policies.append(Policy(end, child, child.local, child.remote, None))
