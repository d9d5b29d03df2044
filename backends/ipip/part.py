"""The part `ipip`: a device for each tunnel, by the kernel where it has the type, else by socat."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PROTOCOL_NUMBERS
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipip.ir import KIND, PROTOCOLS, settings_of
from netdsl.payload.contract import PayloadFile
from netdsl.payload.devices import NEEDS, UserSpace, device_record, device_script, raw_address, tunnel_record
from netdsl.payload.part import Share, scripts

_TYPES = {4: {(4,): "ipip", (6,): "sit", (4, 6): "sit mode any"},
          6: {(4,): "ip6tnl mode ipip6", (6,): "ip6tnl mode ip6ip6", (4, 6): "ip6tnl mode any"}}  # fmt: skip
"""Of devices, by the family outside, then by those inside: ip-link(8), ip-tunnel(8)."""


class IpipPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return (*scripts(__package__, "part.sh"), device_script())

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = [end for end in node.tunnels if end.kind == KIND]
        if not ends:
            return None
        table = "".join(device_record(end, _link(end), _user_space(end)) for end in ends)
        return Share((PayloadFile("ipip.tsv", table.encode()),), NEEDS, tuple(tunnel_record(end, lab) for end in ends))


def _link(end: TunnelEnd) -> str:
    """The option that limits encapsulation would cost eight bytes more (RFC 2473 §4.1.1)."""
    settings, (peer,) = settings_of(end), end.peer_addresses
    kind = _TYPES[peer.version][settings.families]
    limit = f"ttl {settings.ttl}" if peer.version == 4 else f"hoplimit {settings.ttl} encaplimit none"
    return f"type {kind} local {end.local} remote {peer} {limit}"


def _user_space(end: TunnelEnd) -> UserSpace | str:
    """A TUN device without a header carries what the raw socket carries."""
    settings = settings_of(end)
    if len(settings.families) != 1:
        return "IPIP in user space carries one family only"
    return UserSpace(
        "iff-up,iff-no-pi", raw_address(end, PROTOCOL_NUMBERS[PROTOCOLS[settings.families[0]]], settings.ttl)
    )


part = IpipPart()
