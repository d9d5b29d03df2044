"""IPsec as packets meet it: which tunnels come up, and what they leave in their ends.

A child is up when one of its ends may open it, IKE's packets pass there and back, the two ends accept each other's
authentication and proposals, and each knows the child. Tunnels `on traffic` count as up: a packet comes sooner or later.
Those `by hand` do not, unless the state asked for says so.
"""

from collections.abc import Sequence, Set

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Node
from netdsl.ir.prefixes import host_prefix
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Child, Mode, Start, TunnelEnd
from netdsl.kinds.ipsec.algorithms import kernel_need
from netdsl.kinds.ipsec.ir import AH, DEVICE, ESP, KIND, Authentication, AuthMethod, child_inside, end_inside, ends_of
from netdsl.kinds.ipsec.revocation import is_revoked
from netdsl.kinds.ipsec.sharing import connection_of, taken_for
from netdsl.kinds.ipsec.sizes import UDP_HEADER, cost_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.filtering import in_any
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.steering import Association, Policy, TunnelDevice
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Connection, Need, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

USER_SPACE_MTU = 1400  # bytes: kernel-libipsec's device (kernel_libipsec_router.c, TUN_DEFAULT_MTU)
_FLOATED = 4500  # of both ends, where there is NAT and from user space (RFC 3948)
_IKE = port(Protocol.UDP, 500)
_CARRYING = {"esp": (PortService(ESP), port(Protocol.UDP, _FLOATED)), "ah": (PortService(AH),)}


# --- packets of a tunnel


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    """The encapsulated packet. AssertionError: a trap, which encapsulates nothing."""
    association, child = policy.association, policy.child
    assert association is not None, "a trap encapsulates nothing"
    source, destination = packet.source, packet.destination
    if policy.is_tunnel:
        source, destination = association.local, association.remote
    else:
        packet.is_from_one((source,))
        packet.is_for_one((destination,))
    cost = cost_of(child, destination.version)
    padded = -(-(packet.size - cost.kept + cost.trailer) // cost.block) * cost.block
    size = padded + cost.kept + cost.fixed - _saved(policy)
    protocol, ports, shown = ESP, (0, 0), ""
    if association.is_in_udp:
        protocol, ports, shown = Protocol.UDP, (_FLOATED, association.port or _FLOATED), "ESP in UDP"
    elif child_inside(child).protocol == "ah":
        protocol = AH
    return Packet(
        source, destination, protocol, *ports, None, size, False, packet, policy.end.tunnel, child.is_hiding, shown
    )


def room_inside(policy: Policy, link_mtu: int, *, is_user_space: bool) -> int:
    """The kernel's ESP asks the link; user space has a device with an MTU of its own, and splits."""
    if is_user_space:
        return USER_SPACE_MTU
    association = policy.association
    assert association is not None, "a trap encapsulates nothing"
    return cost_of(policy.child, association.remote.version).inside(link_mtu + _saved(policy))


def _saved(policy: Policy) -> int:
    """The UDP header, which `cost_of` counts always; the kernel's ESP has it behind NAT only."""
    association = policy.association
    is_plain = association is not None and not association.is_in_udp
    return UDP_HEADER if is_plain and child_inside(policy.child).protocol != "ah" else 0


def refuses(end: TunnelEnd, packet: Packet) -> str | None:
    """An SA knows its packets by their SPI."""
    return None


# --- IKE


def needs(end: TunnelEnd) -> tuple[Need, ...]:
    """IKE, and what carries the children: ESP or its UDP port will do (RFC 3948: in UDP where there is NAT, and from user
    space)."""
    protocols = dict.fromkeys(child_inside(child).protocol for child in end.children)
    return (Need("IKE", (_IKE,)), *(Need(protocol.upper(), _CARRYING[protocol]) for protocol in protocols))


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | str:
    """The connection, or why there is none."""
    need = next(filter(None, map(kernel_need, end.children)), None)
    if fabric.is_user_space and need is not None:
        return f"tunnel `{end.tunnel}` needs the kernel's ESP: user space has not {need}"
    peer = end.peer_addresses[0]
    local = end.local or view.source_towards(peer)
    if local is None:
        return f"`{view.id}` has no address towards {peer}"
    tried = _exchange(fabric, view, (local, peer), 500, standing)
    if isinstance(tried, str):
        return f"IKE of tunnel `{end.tunnel}` from `{view.id}` does not get there and back: {tried}"
    arrived, flows = tried
    other = arrived.view
    there = next((one for one in other.node.tunnels if _is_peer(one, end, view.id, arrived.packet)), None)
    if there is None:
        return f"`{other.id}` does not expect tunnel `{end.tunnel}` from {arrived.packet.source}"
    reason = _disagreement(fabric, end, there)
    if reason is not None:
        return reason
    taken = taken_for(other.node, end, arrived.packet)
    if taken is not None and taken.connection != connection_of(there):
        name = f"`{taken.tunnel}`"
        return f"`{other.id}` takes it for tunnel {name}, which has the same addresses, identities and authentication"
    came = arrived.packet
    narrowed = _narrowed(there, local, came)
    if narrowed is not None:
        return narrowed
    is_translated = (came.source, came.destination, came.source_port) != (local, peer, 500)
    if is_translated or fabric.is_user_space:
        floated = _exchange(fabric, view, (local, peer), _FLOATED, standing)
        if isinstance(floated, str):
            return f"IKE of tunnel `{end.tunnel}` from `{view.id}` (udp/4500) does not get there and back: {floated}"
        flows, came = flows | floated[1], floated[0].packet
    return Connection(end, there, came.source, is_translated or fabric.is_user_space, flows, came.source_port)


def _narrowed(there: TunnelEnd, local: Address, came: Packet) -> str | None:
    """Why nothing is left of the selectors of a child in transport mode: behind NAT they are the address that packets come
    from (RFC 7296 §2.23.1; child_create.c, get_transport_nat_ts)."""
    if came.source == local:
        return None
    for child in there.children:
        if child.mode is Mode.TRANSPORT and child.remote and not in_any(came.source, child.remote):
            return f"`{there.node}` takes transport mode from {came.source} (address translation), which it does not expect"
    return None


def _exchange(
    fabric: Fabric, view: View, ends: tuple[Address, Address], port: int, standing: Flows
) -> tuple[Delivered, Flows] | str:
    """A datagram of IKE there and its answer back; what the nodes on the way remember of it. A text: where it ended."""
    tracker, (local, peer) = Tracker(standing), ends
    request = Packet(local, peer, Protocol.UDP, port, port)
    there = Walk(fabric, tracker, is_daemon=True).run(view, request)
    if isinstance(there, Stop):
        return there.text
    back = Walk(fabric, tracker, is_answer=True, is_daemon=True).run(there.view, reverse(there.packet))
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


def _disagreement(fabric: Fabric, end: TunnelEnd, there: TunnelEnd) -> str | None:
    """Why two ends that meet do not come to an SA."""
    name, ours, theirs = end.tunnel, end_inside(end), end_inside(there)
    if not set(ours.ike_proposals) & set(theirs.ike_proposals):
        return f"the ends of tunnel `{name}` have no IKE proposal in common"
    for mine, other, expected in ((end, there, theirs.peer_auth), (there, end, ours.peer_auth)):
        for auth, wanted in zip(end_inside(mine).own_auth, expected, strict=False):
            reason = _unproven(fabric, mine, other, auth, wanted)
            if reason is not None:
                return f"authentication of tunnel `{name}` fails: {reason}"
    return None


def _unproven(
    fabric: Fabric, mine: TunnelEnd, other: TunnelEnd, auth: Authentication, wanted: Authentication
) -> str | None:
    """Why `other` does not believe `mine`. Of several secrets for the same identities an end proves itself with the last
    one that it has loaded, and believes each (mem_cred.c, add_shared_unique; psk_authenticator.c)."""
    if auth.method is not wanted.method:
        return f"`{mine.node}` offers {auth.method}, `{other.node}` wants {wanted.method}"
    if wanted.identity != auth.identity:
        return f"`{mine.node}` is `{auth.identity}`, `{other.node}` expects `{wanted.identity}`"
    if auth.method.has_certificate:
        if auth.pki != wanted.pki:
            return f"`{other.node}` does not trust `{auth.pki}`, from which `{mine.node}` has its certificate"
        if is_revoked(fabric.lab, mine.node, auth):
            return f"`{other.node}` does not take the certificate of `{mine.node}`: `{auth.pki}` has revoked it"
        entities = {entity.node for pki in fabric.lab.pkis if pki.id == auth.pki for entity in pki.end_entities}
        return None if mine.node in entities else f"`{mine.node}` has no certificate of `{auth.pki}`"
    if auth.method is AuthMethod.PUBKEY:
        return None if auth.key == wanted.key else f"`{other.node}` has no public key of `{mine.node}`"
    proofs = [auth] if auth.method.is_eap else [*end_inside(mine).own_auth, *end_inside(other).own_auth]
    owners = {proof.identity for proof in proofs}
    own, expected = (_secrets(fabric.views[end.node].node, auth.method, owners) for end in (mine, other))
    if not own or not expected:
        return f"one of `{mine.node}` and `{other.node}` has no secret"
    if own[-1] not in expected:
        return f"the secrets of `{mine.node}` and `{other.node}` differ"
    return None


def _secrets(node: Node, method: AuthMethod, owners: Set[str]) -> list[tuple[str | None, str]]:
    """What tells the node's secrets for these identities from others, in the order of its tunnels."""
    kept = (secret for end in ends_of(node.tunnels) for secret in end.secrets)
    fitting = [secret for secret in kept if secret.method is method and owners <= set(secret.owners)]
    return [(secret.value, secret.value or secret.name) for secret in fitting]


# --- what tunnels leave in their ends


def install(fabric: Fabric, states: TunnelStates, connections: Sequence[Connection]) -> None:
    """Policies of the children that are up, traps, virtual addresses."""
    for connection in connections:
        _install_connection(fabric, states, connection)
    for view in fabric.views.values():
        ends = [end for end in view.node.tunnels if end.kind == KIND]
        if not ends:
            continue
        if fabric.is_user_space:
            view.devices[DEVICE] = TunnelDevice(DEVICE, view.policies)
        for end in ends:
            if end.tunnel not in states.held and not fabric.is_user_space:
                _install_traps(view, end, states)


def _install_connection(fabric: Fabric, states: TunnelStates, connection: Connection) -> None:
    here, there = connection.here, connection.there
    local, remote = fabric.views[here.node], fabric.views[there.node]
    local_address = here.local or connection.seen
    remote_address = here.peer_addresses[0]
    for child in here.children:
        other = next((one for one in there.children if one.name == child.name), None)
        if other is None or not _agree(child, other):
            continue
        starts = (child, other) if there.peer_addresses else (child,)
        if not any(states.opens(here.tunnel, one) for one in starts):
            continue
        in_udp, may_split = connection.is_translated, fabric.is_user_space
        forward = Association(there.node, local_address, remote_address, in_udp, may_split=may_split)
        own, port = there.local or remote_address, connection.seen_port
        backward = Association(here.node, own, connection.seen, in_udp, port, may_split=may_split)
        _add(local, Policy(here, child, child.local, child.remote, forward))
        seen = (other.remote and child.local) or (host_prefix(connection.seen),)  # `dynamic`: the address that IKE sees
        _add(remote, Policy(there, other, child.remote, seen, backward))
        states.children_up.update(
            ((here.node, here.tunnel, child.name), (there.node, here.tunnel, child.name)),
        )


def _agree(child: Child, other: Child) -> bool:
    return bool(set(child_inside(child).proposals) & set(child_inside(other).proposals))


def _add(view: View, policy: Policy) -> None:
    view.policies.append(policy)
    for address in policy.end.virtual:
        view.add_address(address)


def _install_traps(view: View, end: TunnelEnd, states: TunnelStates) -> None:
    """A trap whose tunnel cannot come up holds what fits it: nothing leaves in clear."""
    for child in end.children:
        is_trap = child.start is Start.TRAFFIC and bool(end.peer_addresses) and bool(child.local) and bool(child.remote)
        if is_trap and (view.id, end.tunnel, child.name) not in states.children_up:
            view.policies.append(Policy(end, child, child.local, child.remote, None))
