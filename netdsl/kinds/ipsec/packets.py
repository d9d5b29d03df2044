"""IPsec as packets meet it: which tunnels come up, and what they leave in their ends.

A child is up when one of its ends may open it, IKE's packets pass there and back, the two ends accept each other's
authentication and proposals, and each knows the child. Tunnels `on traffic` count as up: a packet comes sooner or later.
Those `by hand` do not, unless the state asked for says so.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import chain

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Node
from netdsl.ir.prefixes import EVERYTHING, host_prefix
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Child, Mode, Start, TunnelEnd, device_of
from netdsl.kinds.ipsec.agreeing import Agreed, agree, agreed, chosen
from netdsl.kinds.ipsec.algorithms import kernel_need
from netdsl.kinds.ipsec.ir import (
    AH,
    DEVICE,
    ESP,
    KIND,
    Authentication,
    AuthMethod,
    bypassed,
    child_inside,
    end_inside,
    ends_of,
)
from netdsl.kinds.ipsec.radius import refused, unanswered
from netdsl.kinds.ipsec.revocation import is_revoked, unknown
from netdsl.kinds.ipsec.sharing import accepts, connection_of, negotiated, taken_for
from netdsl.kinds.ipsec.sizes import UDP_HEADER, cost_of
from netdsl.packets.devices import room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.filtering import in_any
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.steering import Association, Policy, TunnelDevice
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Connection, Failure, Need, TunnelStates
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk
from netdsl.source import Place

USER_SPACE_MTU = 1400  # bytes: kernel-libipsec's device (kernel_libipsec_router.c, TUN_DEFAULT_MTU)
_FLOATED = (
    4500  # of both ends, where there is NAT and from user space (RFC 3948), and with MOBIKE (ike_natd.c, process_i)
)
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
    if not policy.is_selected:
        return room_of(policy)
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


def connect(fabric: Fabric, view: View, end: TunnelEnd, standing: Flows) -> Connection | Failure:
    failure = _lacking(fabric, end)
    if failure is not None:
        return failure
    peer = end.peer_addresses[0]
    local = end.local or view.source_towards(peer)
    if local is None:
        return Failure(f"`{view.id}` has no address towards {peer}")
    tried = _exchange(fabric, view, (local, peer), 500, standing)
    if isinstance(tried, str):
        return Failure(f"IKE of tunnel `{end.tunnel}` from `{view.id}` does not get there and back: {tried}")
    arrived, flows = tried
    other = arrived.view
    there = next((one for one in other.node.tunnels if _is_peer(one, end, view.id, arrived.packet)), None)
    if there is None:
        return Failure(f"`{other.id}` does not expect tunnel `{end.tunnel}` from {arrived.packet.source}")
    came = arrived.packet
    failure = (
        _lacking(fabric, there)
        or _disagreement(fabric, end, there)
        or unknown(fabric, (end, there), standing)
        or unanswered(fabric, (end, there), standing)
        or _mistaken(other, end, there, came)
        or _narrowed(there, local, came)
    )
    if failure is not None:
        return failure
    is_translated = (came.source, came.destination, came.source_port) != (local, peer, 500)
    is_in_udp = is_translated or fabric.is_user_space or _is_forced(end, there)
    if is_in_udp or end_inside(end).mobike:
        floated = _exchange(fabric, view, (local, peer), _FLOATED, standing)
        if isinstance(floated, str):
            name = end.tunnel
            return Failure(f"IKE of tunnel `{name}` from `{view.id}` (udp/4500) does not get there and back: {floated}")
        flows, came = flows | floated[1], floated[0].packet
    return Connection(end, there, came.source, is_in_udp, flows, came.source_port)


def _lacking(fabric: Fabric, end: TunnelEnd) -> Failure | None:
    """What user space has not."""
    need = next(filter(None, (kernel_need(end, child) for child in end.children)), None)
    if not fabric.is_user_space or need is None:
        return None
    return Failure(f"tunnel `{end.tunnel}` needs the kernel's ESP: user space has not {need}")


def _is_forced(end: TunnelEnd, there: TunnelEnd) -> bool:
    """One end that feigns address translation is enough: it knows so itself (COND_NAT_FAKE), and the other one detects it
    (strongSwan src/libcharon/sa/ikev2/tasks/ike_natd.c, force_encap)."""
    return end_inside(end).encap or end_inside(there).encap


def _narrowed(there: TunnelEnd, local: Address, came: Packet) -> Failure | None:
    """Why nothing is left of the selectors of a child in transport mode: behind NAT they are the address that packets come
    from (RFC 7296 §2.23.1; child_create.c, get_transport_nat_ts)."""
    if came.source == local:
        return None
    for child in there.children:
        if child.mode is Mode.TRANSPORT and child.remote and not in_any(came.source, child.remote):
            what = f"takes transport mode from {came.source} (address translation), which it does not expect"
            return Failure(f"`{there.node}` {what}")
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


def _disagreement(fabric: Fabric, end: TunnelEnd, there: TunnelEnd) -> Failure | None:
    """Why two ends that meet do not come to an SA."""
    name, ours, theirs = end.tunnel, end_inside(end), end_inside(there)
    if not agreed(ours.ike_proposals, theirs.ike_proposals, "ike"):
        lines = _lines((end, ours.ike_origin), (there, theirs.ike_origin))
        return Failure(f"the ends of tunnel `{name}` have no IKE proposal in common", lines)
    sides = ((end, there, theirs.peer_auth), (there, end, ours.peer_auth))
    reasons = (_unexpected(*side) for side in sides), (_unproven(fabric, *side) for side in sides)
    reason = next(filter(None, chain(*reasons)), None)
    return None if reason is None else Failure(f"authentication of tunnel `{name}` fails: {reason}")


def _mistaken(other: View, end: TunnelEnd, there: TunnelEnd, packet: Packet) -> Failure | None:
    """Where the other end does not come to its connection for the tunnel, although the two would agree."""
    proposal = negotiated(other.node, end, packet)
    if proposal and not accepts(there, proposal):
        words = f"chooses the IKE proposal `{proposal[0]}` before it knows who asks"
        return Failure(f"`{other.id}` {words}, and has another one for tunnel `{end.tunnel}`")
    taken = taken_for(other.node, end, packet, proposal)
    if taken is None or taken.connection == connection_of(there):
        return None
    name = f"`{taken.tunnel}`"
    alike = "which has the same addresses, identities and authentication"
    return Failure(f"`{other.id}` takes it for tunnel {name}, {alike}")


def _lines(*said: tuple[TunnelEnd, Place | None]) -> tuple[tuple[Place, str], ...]:
    return tuple((place, f"of `{end.node}`") for end, place in said if place is not None)


def _unexpected(mine: TunnelEnd, other: TunnelEnd, expected: Sequence[Authentication]) -> str | None:
    """What `mine` says of itself, and `other` has otherwise."""
    own = end_inside(mine).own_auth
    if len(own) != len(expected):
        return f"`{mine.node}` proves itself in rounds: {len(own)}, `{other.node}` wants {len(expected)}"
    for auth, wanted in zip(own, expected, strict=True):
        if auth.method is not wanted.method:
            return f"`{mine.node}` offers {auth.method}, `{other.node}` wants {wanted.method}"
        if wanted.identity != auth.identity:
            return f"`{mine.node}` is `{auth.identity}`, `{other.node}` expects `{wanted.identity}`"
    return None


def _unproven(fabric: Fabric, mine: TunnelEnd, other: TunnelEnd, expected: Sequence[Authentication]) -> str | None:
    """Why `other` does not believe `mine`."""
    rounds = zip(end_inside(mine).own_auth, expected, strict=True)
    return next(filter(None, (_disbelief(fabric, mine, other, *one) for one in rounds)), None)


def _disbelief(
    fabric: Fabric, mine: TunnelEnd, other: TunnelEnd, auth: Authentication, wanted: Authentication
) -> str | None:
    """In one round. Of several secrets for the same identities an end proves itself with the last one that it has loaded,
    and believes each (mem_cred.c, add_shared_unique; psk_authenticator.c)."""
    if auth.method.has_certificate:
        if auth.pki != wanted.pki:
            return f"`{other.node}` does not trust `{auth.pki}`, from which `{mine.node}` has its certificate"
        if is_revoked(fabric.lab, mine.node, auth):
            return f"`{other.node}` does not take the certificate of `{mine.node}`: `{auth.pki}` has revoked it"
        entities = {entity.node for pki in fabric.lab.pkis if pki.id == auth.pki for entity in pki.end_entities}
        return None if mine.node in entities else f"`{mine.node}` has no certificate of `{auth.pki}`"
    if auth.method is AuthMethod.PUBKEY:
        return None if auth.key == wanted.key else f"`{other.node}` has no public key of `{mine.node}`"
    if end_inside(other).radius is not None and auth.method.is_eap:
        return refused(fabric, mine, other, auth)
    proofs = [auth] if auth.method.is_eap else [*end_inside(mine).own_auth, *end_inside(other).own_auth]
    owners = {proof.identity for proof in proofs}
    own, expected = (_secrets(fabric, end, auth.method, owners) for end in (mine, other))
    if not own or not expected:
        return f"one of `{mine.node}` and `{other.node}` has no secret"
    if own[-1] not in expected:
        return f"the secrets of `{mine.node}` and `{other.node}` differ"
    return None


def _secrets(fabric: Fabric, end: TunnelEnd, method: AuthMethod, owners: Set[str]) -> list[tuple[str | None, str]]:
    """What tells the secrets that a node has for these identities from others, in the order of its tunnels to the peer."""
    ends = (one for one in fabric.views[end.node].node.tunnels if one.peer == end.peer)
    kept = (secret for one in ends for secret in one.secrets)
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
        else:  # policies that let pass are before all others (kernel_netlink_ipsec.c, POLICY_PRIORITY_PASS)
            view.bypassed = bypassed(view.node.tunnels)
        for end in ends:
            if end.tunnel not in states.held and not fabric.is_user_space:
                _install_traps(view, end)


def _install_connection(fabric: Fabric, states: TunnelStates, connection: Connection) -> None:
    here, there = connection.here, connection.there
    local, remote = fabric.views[here.node], fabric.views[there.node]
    local_address = here.local or connection.seen
    remote_address = here.peer_addresses[0]
    for child in here.children:
        found = _agreement(remote.node, connection, child)
        if isinstance(found, Failure):
            states.failures.setdefault(here.tunnel, found)
            continue
        starts = (child, found.there) if there.peer_addresses else (child,)
        if not any(states.opens(here.tunnel, one) for one in starts):
            continue
        in_udp, may_split = connection.is_translated, fabric.is_user_space
        forward = Association(there.node, local_address, remote_address, in_udp, may_split=may_split)
        own, port = there.local or remote_address, connection.seen_port
        backward = Association(here.node, own, connection.seen, in_udp, port, may_split=may_split)
        _add(local, Policy(here, found.here, found.near, found.far, forward))
        seen = (found.there.remote and found.near) or (host_prefix(connection.seen),)  # `dynamic`: what IKE sees
        _add(remote, Policy(there, found.there, found.far, seen, backward))
        states.children_up.update(
            ((here.node, here.tunnel, child.name), (there.node, here.tunnel, found.there.name)),
        )


def _agreement(there: Node, connection: Connection, child: Child) -> Agreed | Failure:
    """The other end looks for the child among those of its connection, whatever their names."""
    here, other_end = connection.here, connection.there
    if device_of(here) is not None:
        return _agreement_of_devices(here, other_end)
    lacking = f"child `{child.name}` of tunnel `{here.tunnel}`" if len(here.children) > 1 else f"tunnel `{here.tunnel}`"
    if connection.is_translated and child_inside(child).protocol == "ah":
        # Linux net/ipv4/ah4.c, net/ipv6/ah6.c: ah_init_state and ah6_init_state refuse x->encap
        return Failure(f"{lacking} is AH, which no kernel puts into UDP, as address translation and `encap` ask")
    within = [one for one in ends_of(there.tunnels) if connection_of(one) == connection_of(other_end)]
    within = [one for one in within if device_of(one) is None]  # of what has everything any other fits better
    other = chosen(child, [each for one in within for each in one.children])
    if other is not None and all(other is not each for each in other_end.children):
        return Failure(f"`{there.id}` takes `{other.name}` of another tunnel for {lacking}: its networks fit better")
    other = other or next((one for one in other_end.children if one.name == child.name), None)
    found = "no child" if other is None else agree(child, other)
    if isinstance(found, Agreed):
        return found
    inside = None if other is None else child_inside(other)
    lines = _lines((here, child_inside(child).origin), (other_end, None if inside is None else inside.origin))
    return Failure(f"`{here.node}` and `{there.id}` have {found} in common for {lacking}", lines)


def _agreement_of_devices(here: TunnelEnd, there: TunnelEnd) -> Agreed | Failure:
    """Of everything: routes choose what enters."""
    mine, other = (replace(end.children[0], local=EVERYTHING, remote=EVERYTHING) for end in (here, there))
    found = agree(mine, other)
    if isinstance(found, Agreed):
        return found
    lines = _lines((here, child_inside(mine).origin), (there, child_inside(other).origin))
    return Failure(f"`{here.node}` and `{there.node}` have {found} in common for tunnel `{here.tunnel}`", lines)


def _add(view: View, policy: Policy) -> None:
    """A device's policies are its own (if_id), and take what is routed to it."""
    device = device_of(policy.end)
    if device is not None:
        view.add_device(TunnelDevice(device.name, [policy]), device.addresses)
        return
    view.policies.append(policy)
    for address in policy.end.virtual:
        view.add_address(address)


def _install_traps(view: View, end: TunnelEnd) -> None:
    """A trap whose tunnel cannot come up holds what fits it: nothing leaves in clear. Where less has come up than the trap
    has, the kernel sends the rest with the same SA (trap and SA have one reqid, and an SA of tunnel mode has no selector:
    xfrm_state_find), and the other end does not take it."""
    for child in end.children:
        is_trap = child.start is Start.TRAFFIC and bool(end.peer_addresses) and bool(child.local) and bool(child.remote)
        mine = [
            each for each in view.policies if each.end.connection == end.connection and each.child.name == child.name
        ]
        if is_trap and not any(_is_whole(policy, child) for policy in mine):
            association = next((policy.association for policy in mine), None)
            view.policies.append(Policy(end, child, child.local, child.remote, association))


def _is_whole(policy: Policy, child: Child) -> bool:
    """Whether the policy takes all that the end's child was to take."""
    taken = (policy.local, policy.remote, policy.child.only_local, policy.child.only_remote)
    return taken == (child.local, child.remote, child.only_local, child.only_remote)
