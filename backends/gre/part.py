"""The part `gre`: a device for each tunnel, by the kernel where it has the type, else by socat."""

from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.gre.ir import GRE, KIND, settings_of
from netdsl.payload.devices import DevicePart, UserSpace, raw_address


def _link(end: TunnelEnd) -> str:
    """ip-link(8), GRE and ip6gre. The option that limits encapsulation would cost eight bytes more (RFC 2473 §4.1.1)."""
    settings, (peer,) = settings_of(end), end.peer_addresses
    key = "" if settings.key is None else f" key {settings.key}"
    ends = f"local {end.local} remote {peer}{key}"
    if peer.version == 4:
        return f"type gre {ends} ttl {settings.ttl}"
    return f"type ip6gre {ends} hoplimit {settings.ttl} encaplimit none"


def _user_space(end: TunnelEnd) -> UserSpace | str:
    """The header of a TUN device (flags 0, protocol type) is byte for byte that of GRE without options (RFC 2784 §2.1)."""
    settings = settings_of(end)
    if settings.key is not None:
        return "GRE in user space has no key"
    return UserSpace("iff-up", raw_address(end, GRE, settings.ttl))


part = DevicePart(KIND, __package__, _link, _user_space)
