"""IPsec as packets meet it: which tunnels come up, and what they leave in their ends.

A child is up when one of its ends may open it, IKE's packets pass there and back, the two ends accept each other's
authentication and proposals, and each knows the child. Tunnels `on traffic` count as up: a packet comes sooner or later.
Those `by hand` do not, unless the state asked for says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.node import Node
from netdsl.ir.prefixes import EVERYTHING, host_prefix, in_any
from netdsl.ir.service import PortService, Protocol, port
from netdsl.ir.tunnel import Child, Mode, Start, TunnelEnd, device_of
from netdsl.kinds.ipsec import leases, radius, revocation
from netdsl.kinds.ipsec.agreeing import Agreed, agree, chosen
from netdsl.kinds.ipsec.algorithms import kernel_need
from netdsl.kinds.ipsec.disagreement import disagreement, lines_of, mistaken
from netdsl.kinds.ipsec.ir import (
    AH,
    DEVICE,
    ESP,
    KIND,
    bypassed,
    child_inside,
    end_inside,
)
from netdsl.kinds.ipsec.known import connection_of, ends_in, ends_with
from netdsl.kinds.ipsec.selecting import in_kernel
from netdsl.kinds.ipsec.sharing import is_at
from netdsl.kinds.ipsec.sizes import UDP_HEADER, cost_of
from netdsl.packets.devices import room_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.passage import Delivered, Stop
from netdsl.packets.steering import Association, Policy, TunnelDevice
from netdsl.packets.tracking import Flows, Tracker, reverse
from netdsl.packets.tunnels import Connection, Failure, Need, Question, TunnelStates, child_id
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.packets.walk import Walk

USER_SPACE_MTU = 1400  # bytes: kernel-libipsec's device (kernel_libipsec_router.c, TUN_DEFAULT_MTU)
IS_NEGOTIATED = True
IS_EXEMPT = True
# of both ends, where there is NAT and from user space (RFC 3948), and with MOBIKE (ike_natd.c, process_i)
_FLOATED = 4500
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


def questions(fabric: Fabric, end: TunnelEnd) -> Iterator[Question]:
    """About certificates, about clients, for their addresses."""
    yield from revocation.questions(fabric.lab, end)
    yield from filter(None, (radius.question(end), leases.question(end)))


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
    there = next((one for one in ends_with(other.node, view.id) if _is_peer(one, end, arrived.packet)), None)
    if there is None:
        return Failure(f"`{other.id}` does not expect tunnel `{end.tunnel}` from {arrived.packet.source}")
    came = arrived.packet
    failure = (
        _lacking(fabric, there)
        or disagreement(fabric, end, there)
        or _unanswered(fabric, (end, there), standing)
        or mistaken(other, end, there, came)
        or _narrowed(there, local, came)
    )
    if failure is not None:
        return failure
    is_translated = (came.source, came.destination, came.source_port) != (local, peer, 500)
    is_in_udp = is_translated or fabric.is_user_space or _is_forced(end, there)
    opening = came  # to port 500
    if is_in_udp or end_inside(end).mobike:
        floated = _exchange(fabric, view, (local, peer), _FLOATED, standing)
        if isinstance(floated, str):
            name = end.tunnel
            return Failure(f"IKE of tunnel `{name}` from `{view.id}` (udp/4500) does not get there and back: {floated}")
        flows, came = flows | floated[1], floated[0].packet
    hidden = _hidden(end, there, local, opening)
    return Connection(end, there, came.source, is_in_udp, flows, came.source_port, hidden, opening)


def _unanswered(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why an end has no answer that it needs of a server. A connection that stood before something was cut needs none."""
    failure = (
        revocation.status_unknown(fabric, ends, standing)
        or radius.unanswered(fabric, ends, standing)
        or leases.unleased(fabric, ends, standing)
    )
    here, there = ends
    pairs = {(here.tunnel, here.node, there.node), (here.tunnel, there.node, here.node)}
    if failure is None or fabric.before is None or not pairs & fabric.before():
        return failure
    starts = {child.start for one in ends for child in one.children}
    is_anew = any(end_inside(one).ike_reauth_seconds is not None for one in ends)
    if not is_anew and Start.BOOT in starts and (fabric.is_user_space or Start.TRAFFIC not in starts):
        return None
    fabric.unsure.update((here.node, there.node))  # authenticated anew, or not opened by a packet before
    return failure


def _hidden(end: TunnelEnd, there: TunnelEnd, local: Address, came: Packet) -> frozenset[NodeId]:
    """The ends that are behind address translation: each hears from the other which address and port its packets have there
    (NAT_DETECTION_DESTINATION_IP, RFC 7296 §2.23; ike_natd.c, process_payloads)."""
    found = {end.node} if (came.source, came.source_port) != (local, 500) else set()
    return frozenset(found | ({there.node} if came.destination != end.peer_addresses[0] else set()))


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
    fabric.attempted |= tracker.own
    if isinstance(there, Stop):
        return there.text
    back = Walk(fabric, tracker, is_answer=True, is_daemon=True).run(there.view, reverse(there.packet))
    if isinstance(back, Stop):
        return f"the answer: {back.text}"
    if back.view is not view or back.packet.destination != local or back.packet.source != peer:
        return f"the answer comes from {back.packet.source} and gets to `{back.view.id}`"
    return there, tracker.own


def _is_peer(one: TunnelEnd, end: TunnelEnd, packet: Packet) -> bool:
    return one.tunnel == end.tunnel and is_at(one, packet)


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
        made: dict[tuple[str, str], list[Policy]] = {}
        for policy in view.policies:
            made.setdefault((policy.end.connection, policy.child.name), []).append(policy)
        for end in ends:
            if end.tunnel not in states.held and not fabric.is_user_space:
                _install_traps(view, end, made)


def _install_connection(fabric: Fabric, states: TunnelStates, connection: Connection) -> None:
    here, there = connection.here, connection.there
    local, remote = fabric.views[here.node], fabric.views[there.node]
    local_address = here.local or connection.seen
    remote_address = here.peer_addresses[0]
    for child, found in coming_up(fabric, states, connection):
        in_udp, may_split = connection.is_translated, fabric.is_user_space
        forward = Association(there.node, local_address, remote_address, in_udp, may_split=may_split)
        own, port = there.local or remote_address, connection.seen_port
        backward = Association(here.node, own, connection.seen, in_udp, port, may_split=may_split)
        mine, theirs = (found.here, found.there) if may_split else map(in_kernel, (found.here, found.there))
        _add(local, Policy(here, mine, found.near, found.far, forward))
        seen = (found.there.remote and found.near) or (host_prefix(connection.seen),)  # `dynamic`: what IKE sees
        _add(remote, Policy(there, theirs, found.far, seen, backward))
        states.children_up.update((child_id(here, child), child_id(there, found.there)))


def coming_up(fabric: Fabric, states: TunnelStates, connection: Connection) -> Iterator[tuple[Child, Agreed]]:
    """The children of `here` that come up, each with what the ends agree on; of others the states have the failure."""
    here, there = connection.here, connection.there
    for child in here.children:
        found = _agreement(fabric.views[there.node].node, connection, child)
        if isinstance(found, Failure):
            states.failures.setdefault(here.tunnel, found)
            continue
        starts = (child, found.there) if there.peer_addresses else (child,)
        if any(states.opens(here.tunnel, one) for one in starts):
            yield child, found


def _agreement(there: Node, connection: Connection, child: Child) -> Agreed | Failure:
    """The other end looks for the child among those of its connection, whatever their names."""
    here, other_end = connection.here, connection.there
    if device_of(here) is not None:
        return _agreement_of_devices(here, other_end)
    lacking = f"child `{child.name}` of tunnel `{here.tunnel}`" if len(here.children) > 1 else f"tunnel `{here.tunnel}`"
    if connection.is_translated and child_inside(child).protocol == "ah":
        # Linux net/ipv4/ah4.c, net/ipv6/ah6.c: ah_init_state and ah6_init_state refuse x->encap
        return Failure(f"{lacking} is AH, which no kernel puts into UDP, as address translation and `encap` ask")
    within = ends_in(there, connection_of(other_end))
    within = [one for one in within if device_of(one) is None]  # of what has everything any other fits better
    other = chosen(child, [each for one in within for each in one.children])
    if other is not None and all(other is not each for each in other_end.children):
        return Failure(f"`{there.id}` takes `{other.name}` of another tunnel for {lacking}: its networks fit better")
    other = other or next((one for one in other_end.children if one.name == child.name), None)
    found = "no child" if other is None else agree(child, other)
    if isinstance(found, Agreed):
        return found
    inside = None if other is None else child_inside(other)
    lines = lines_of((here, child_inside(child).origin), (other_end, None if inside is None else inside.origin))
    return Failure(f"`{here.node}` and `{there.id}` have {found} in common for {lacking}", lines)


def _agreement_of_devices(here: TunnelEnd, there: TunnelEnd) -> Agreed | Failure:
    """Of everything: routes choose what enters."""
    mine, other = (replace(end.children[0], local=EVERYTHING, remote=EVERYTHING) for end in (here, there))
    found = agree(mine, other)
    if isinstance(found, Agreed):
        return found
    lines = lines_of((here, child_inside(mine).origin), (there, child_inside(other).origin))
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


def _install_traps(view: View, end: TunnelEnd, made: Mapping[tuple[str, str], list[Policy]]) -> None:
    """A trap whose tunnel cannot come up holds what fits it: nothing leaves in clear. Where less has come up than the trap
    has, the kernel sends the rest with the same SA (trap and SA have one reqid, and an SA of tunnel mode has no selector:
    xfrm_state_find), and the other end does not take it."""
    for child in map(in_kernel, end.children):
        is_trap = child.start is Start.TRAFFIC and bool(end.peer_addresses) and bool(child.local) and bool(child.remote)
        mine = made.get((end.connection, child.name), [])
        if is_trap and not any(_is_whole(policy, child) for policy in mine):
            association = next((policy.association for policy in mine), None)
            view.policies.append(Policy(end, child, child.local, child.remote, association))


def _is_whole(policy: Policy, child: Child) -> bool:
    """Whether the policy takes all that the end's child was to take."""
    taken = (policy.local, policy.remote, policy.child.only_local, policy.child.only_remote)
    return taken == (child.local, child.remote, child.only_local, child.only_remote)
