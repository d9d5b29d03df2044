"""What parts have in common whose tunnels have a device and no daemon: `PART.tsv`, and the functions of `devices.sh`."""

from importlib.resources import files

from netdsl.dataclass import dataclass
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Start, TunnelEnd, device_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import TunnelRecord, mode_of
from netdsl.payload.quoting import flat, tsv

NEEDS = Needs(("socat",), ("NET_ADMIN", "NET_RAW"), ("/dev/net/tun",))
"""In user space a raw socket carries the outer packets, and a TUN device those inside."""
SCRIPT = "devices.sh"


@dataclass(frozen=True, slots=True)
class UserSpace:
    """socat's two addresses: options of its TUN device, and where the outer packets go."""

    tun: str
    remote: str


def device_script() -> PayloadFile:
    """The functions that `part.sh` of such a part calls."""
    return PayloadFile(SCRIPT, (files("netdsl.payload") / SCRIPT).read_bytes(), mode_of(SCRIPT))


def device_record(end: TunnelEnd, link: str, user_space: UserSpace | str) -> str:
    """A line of `PART.tsv`. `link`: words for `ip link add`; `user_space` as a text: why it has no such tunnel."""
    device = device_of(end)
    assert device is not None, "an end with a device"
    far = ("-", user_space) if isinstance(user_space, str) else (user_space.tun, user_space.remote)
    return tsv(child_of(end), device.name, link, *far)


def tunnel_record(end: TunnelEnd, lab: Lab) -> TunnelRecord:
    """The line of `tunnels.tsv` of an end's only child."""
    (child,) = end.children
    assert child.start is Start.BOOT, "a device is made at boot"
    ready = "may" if lab.is_meant_to_fail else "must"
    return TunnelRecord(flat(end.tunnel), child_of(end), f"{flat(end.tunnel)}.{child.name}", "boot", ready)


def child_of(end: TunnelEnd) -> str:
    """The name of an end's only child, unique in the node."""
    return flat(end.connection)


def raw_address(end: TunnelEnd, protocol: int, ttl: int) -> str:
    """socat's address for outer packets of an IP protocol: from this end's address, with the other end's only."""
    (peer,) = end.peer_addresses
    assert end.local is not None, "a device has a local address"
    if peer.version == 4:
        return f"IP4-DATAGRAM:{peer}:{protocol},bind={end.local},range={peer}/32,ttl={ttl}"
    return f"IP6-DATAGRAM:[{peer}]:{protocol},bind=[{end.local}],range=[{peer}]/128,ipv6-unicast-hops={ttl}"
