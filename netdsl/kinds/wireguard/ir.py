"""WireGuard's own share of a tunnel end."""

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.tunnel import SharedSecret, TunnelEnd

KIND = "wireguard"
SHOWN = "WireGuard"
PORT = 51820
"""Of the first tunnel of a lab; wg(8) has no default, and all its examples have this one."""
HIGHEST_PORT = 65535
LONGEST_KEEPALIVE = 65535  # seconds (wg(8), PersistentKeepalive)
HEADERS = 8 + 16 + 16
"""Bytes: UDP; type, receiver and counter of a data message; the tag of ChaCha20-Poly1305 (https://www.wireguard.com/protocol/,
"Subsequent Messages: Exchange of Data Packets")."""
PADDING = 16
"""Bytes: what is encrypted is padded to a multiple of it, but not over the device's MTU (drivers/net/wireguard/send.c,
calculate_skb_padding; wireguard-go device/send.go, calculatePaddingSize)."""


@dataclass(frozen=True, slots=True)
class WireguardSettings:
    """What the device of an end knows of one peer. `key`, `peer_key`: what the two keys are made of; `port`, `peer_port`:
    on which the devices listen; `endpoint`: where the peer is at first, None: it comes.

    `nested`: where prefixes of other peers of the device lie within the peer's own, or its own within theirs: all of them,
    the longest first, each with whether it is the peer's own.
    """

    key: SharedSecret
    peer_key: SharedSecret
    psk: SharedSecret | None
    port: int
    peer_port: int
    endpoint: Address | None
    keepalive: int | None  # seconds
    memory: int | None  # bytes: of the daemon in user space
    is_first: bool  # of the two ends the one that begins, where both could
    nested: tuple[tuple[tuple[Prefix], bool], ...] = ()


def settings_of(end: TunnelEnd) -> WireguardSettings:
    """WireGuard's share of an end of this kind."""
    assert isinstance(end.inside, WireguardSettings), "the end of another kind"
    return end.inside


def ends_of(ends: tuple[TunnelEnd, ...]) -> list[TunnelEnd]:
    """Those of this kind, of a node's."""
    return [end for end in ends if end.kind == KIND]
