"""The part `ipip`: a device for each tunnel, by the kernel where it has the type, else by socat."""

from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipip.ir import KIND, PROTOCOLS, settings_of
from netdsl.payload.devices import DevicePart, UserSpace, raw_address

_TYPES = {4: {(4,): "ipip", (6,): "sit", (4, 6): "sit mode any"},
          6: {(4,): "ip6tnl mode ipip6", (6,): "ip6tnl mode ip6ip6", (4, 6): "ip6tnl mode any"}}  # fmt: skip
"""Of devices, by the family outside, then by those inside: ip-link(8), ip-tunnel(8)."""


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
    return UserSpace("iff-up,iff-no-pi", raw_address(end, PROTOCOLS[settings.families[0]], settings.ttl))


part = DevicePart(KIND, __package__, _link, _user_space)
