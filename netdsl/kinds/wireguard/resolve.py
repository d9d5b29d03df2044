"""`wireguard`: its ends, their addresses inside, on which ports they listen."""

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import TunnelId
from netdsl.ir.service import Protocol, port
from netdsl.kinds.wireguard.bindings import BoundWireguard
from netdsl.kinds.wireguard.ir import HIGHEST_PORT, KIND, LONGEST_KEEPALIVE, PORT
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.devices import addressed_sides, device_ends, device_mtu, is_relay
from netdsl.semantics.resolve.ends import Side, TunnelDraft
from netdsl.semantics.resolve.of_ends import Line, of_ends
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.ports import one_port
from netdsl.semantics.resolve.work import Work

LEAST_MEMORY = 16 * 2**20
"""Bytes: wireguard-go without traffic has some 5 MiB, and needs buffers for packets."""


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Two or more equal ends, or a gateway with clients, each with its device."""
    return addressed_sides(id_, block, item, work, may_be_mesh=True)


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    block = draft.block
    has_relay = is_relay(draft, work, "each end sends to each of the others by itself")
    has_psk = attributes.yes_or_no(block.attribute("psk"), False, work.diagnostics)
    memory = _memory(block, work)
    ports = of_ends("listen", draft, _port, work)
    keepalives = of_ends("keepalive", draft, _seconds, work)
    found = device_ends(draft, work)
    if found is None or ports is None or keepalives is None:
        return None
    ends, family = found
    usual = min(PORT + sum(other.kind == KIND for other in work.tunnels.values()), HIGHEST_PORT)
    listening = {end.node: ports.get(end.node, usual) for end in ends}
    settings = BoundWireguard(listening, keepalives, has_relay, has_psk, memory)
    mtu = device_mtu(block, ends, work)
    taken = {node: (port(Protocol.UDP, number),) for node, number in listening.items()}
    return BoundTunnel(draft.id, KIND, ends, {}, {}, (), family, settings, draft.item.place, mtu, listening=taken)


def _memory(block: Block, work: Work) -> int | None:
    """Of the daemon in user space."""
    value = attributes.only_value(block.attribute("memory"), work.diagnostics)
    size = None if value is None else attributes.scaled(value, attributes.BYTES, "a size (`24MiB`)", work.diagnostics)
    if value is None or size is None or size >= LEAST_MEMORY:
        return size
    message = f"the daemon needs {LEAST_MEMORY >> 20} MiB"
    work.diagnostics.report(catalogue.OUT_OF_RANGE, message, value.place)
    return None


def _port(line: Line, work: Work) -> int | None:
    value = attributes.only_value(line, work.diagnostics)
    return None if value is None else one_port(value, Protocol.UDP, work, "a UDP port (`udp/51820`)")


def _seconds(line: Line, work: Work) -> int | None:
    value = attributes.only_value(line, work.diagnostics)
    found = None if value is None else attributes.seconds(value, work.diagnostics)
    if value is None or found is None or found <= LONGEST_KEEPALIVE:
        return found
    message = f"WireGuard waits {LONGEST_KEEPALIVE} s at most"
    work.diagnostics.report(catalogue.OUT_OF_RANGE, message, value.place)
    return None
