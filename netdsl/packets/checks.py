"""Whether a node believes where a packet says it comes from; and what a circle of routers is called."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from netdsl.ir.ids import Address, NodeId
from netdsl.ir.service import Protocol
from netdsl.packets.types import Outcome, Packet
from netdsl.packets.view import LOOPBACK, View

TTL = 64


def unbelievable(
    view: View, interface: str, packet: Packet, *, is_decrypted: bool, is_local: bool, is_user_space: bool
) -> str | None:
    """Why the kernel drops it as a martian or by rp_filter (fib_validate_source): IPv4 only. `is_decrypted`: the kernel's
    own policies brought it, and rp_filter is not asked."""
    source = packet.source
    if source.version == 6 or interface == LOOPBACK:
        return None
    if source.is_multicast or source.is_unspecified:
        return f"`{view.id}` takes no packet from {source} (martian)"
    if source.is_loopback or packet.destination.is_loopback:
        if not view.sysctl(interface, "route_localnet"):
            return f"`{view.id}` takes no packet {source} > {packet.destination} from outside (martian)"
    elif view.is_own_source(packet) and not view.sysctl(interface, "accept_local"):
        return f"the source {source} is `{view.id}`'s own address (martian)"
    mode = view.sysctl(interface, "rp_filter") if view.checks_source and not is_decrypted else 0
    if mode == 0:
        return None
    is_for_daemon = is_local and packet.protocol is Protocol.UDP and packet.destination_port in view.daemon_ports
    back = view.route_back(packet, is_marked=is_for_daemon and is_user_space)
    is_strict = mode == 1 or view.is_bare(interface)  # `no_addr`: loose is strict on an interface without an address
    if back is not None and (not is_strict or back.interface == interface):
        return None
    way = "has no route back" if back is None else f"is reached by `{back.interface}`, not by `{interface}`"
    return f"rp_filter of `{view.id}`: the source {source} {way}"


def disbelief(text: str, asker: Address | None) -> tuple[Outcome, str]:
    """What becomes of an unbelievable packet. `asker`: with which address the node that sent it on this link asks for the
    next hop's MAC, if that is not believed either; arp_process validates the sender as if it were a packet."""
    if asker is None:
        return Outcome.DROPPED, text
    return Outcome.UNREACHABLE, f"{text}; it does not answer ARP of {asker} there either"


def unbelieved_asker(
    view: View, interface: str, before: View | None, packet: Packet, doubt: Callable[[Packet], str | None]
) -> Address | None:
    """Of a packet that `view` does not believe: the address with which `before`, which sent it on this link, asks for the
    MAC, where that is not believed either. It is the packet's source if `before` has that, or its own in the subnet."""
    if before is None or interface not in view.interfaces or packet.destination.is_loopback:
        return None  # a loopback address was the destination of no frame on the link: the node translated it
    if before.is_own_source(packet):
        return packet.source
    there = view.interfaces[interface]
    near = [given.network for given in there.addresses if given.version == 4]
    own = [
        (given.ip, each.network) for each in before.node.interfaces for given in each.addresses if given.version == 4
    ]
    asker = next((address for address, _ in own if any(address in network for network in near)), None)
    if asker is None:  # none of the two has an address of its own there
        asker = next((address for address, network in own if network == there.network), None)
    if asker is None or doubt(replace(packet, source=asker, protocol=Protocol.ICMP, alike=None)) is None:
        return None
    return asker


def may_disbelieve(view: View, before: View) -> bool:
    """Whether the address with which `before` asks for a MAC address may be unbelievable: else any sender is alike."""
    return view.checks_source or any(view.is_local(address) for address in before.local)


def circle(nodes: Sequence[NodeId]) -> str:
    """In words, what a packet that was in these nodes did until its time to live was over."""
    names: list[NodeId] = []
    for node in reversed(nodes):
        if node in names:
            break
        names.append(node)
    if len(names) >= TTL - 2:
        return f"the way is longer than {TTL} routers"
    shown = ", ".join(f"`{name}`" for name in reversed(names))
    return f"it goes round between {shown} until its time to live is over"
