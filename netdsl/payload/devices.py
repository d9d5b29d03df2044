"""What parts have in common whose tunnels have a device and no daemon: `PART.tsv`, and the functions of `devices.sh`."""

from collections.abc import Callable

from netdsl.dataclass import dataclass
from netdsl.disk.shipped import shipped
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Start, TunnelEnd, own_device
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, TunnelRecord, mode_of, scripts
from netdsl.payload.quoting import flat, tsv

_KERNEL = Needs(capabilities=("NET_ADMIN",))
_USER_SPACE = Needs(("socat",), ("NET_ADMIN", "NET_RAW"), ("/dev/net/tun",))
"""A raw socket carries the outer packets, and a TUN device those inside. A node with a tunnel that user space does not have
needs none of it: without that type in the kernel it does not get ready."""
SCRIPT = "devices.sh"


@dataclass(frozen=True, slots=True)
class UserSpace:
    """socat's two addresses: options of its TUN device, and where the outer packets go."""

    tun: str
    remote: str


@dataclass(frozen=True, slots=True)
class DevicePart:
    """The part of a kind whose tunnels have a device each. `name`: of the kind and of its folder in `backends/`, `package`.
    `link`: an end's words for `ip link add`; `user_space`: as a text, why user space has no such tunnel."""

    name: str
    package: str
    link: Callable[[TunnelEnd], str]
    user_space: Callable[[TunnelEnd], UserSpace | str]

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        script = PayloadFile(SCRIPT, shipped("netdsl.payload", SCRIPT), mode_of(SCRIPT))
        return (*scripts(self.package, "part.sh"), script)

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = [end for end in node.tunnels if end.kind == self.name]
        if not ends:
            return None
        table = PayloadFile(f"{self.name}.tsv", "".join(map(self._record, ends)).encode())
        runs_in_kernel = any(isinstance(self.user_space(end), str) for end in ends)
        needs = _KERNEL if runs_in_kernel else _USER_SPACE
        return Share((table,), needs, tuple(tunnel_record(end, lab, self._lacks(end)) for end in ends))

    def _lacks(self, end: TunnelEnd) -> str:
        found = self.user_space(end)
        return found if isinstance(found, str) else ""

    def _record(self, end: TunnelEnd) -> str:
        """A line of the table."""
        device, user_space = own_device(end), self.user_space(end)
        far = ("-", user_space) if isinstance(user_space, str) else (user_space.tun, user_space.remote)
        return tsv(child_of(end), device.name, self.link(end), *far)


def tunnel_record(end: TunnelEnd, lab: Lab, user_space_lacks: str) -> TunnelRecord:
    """The line of `tunnels.tsv` of an end's only child. `user_space_lacks`: as in `TunnelRecord`."""
    (child,) = end.children
    assert child.start is Start.BOOT, "a device is made at boot"
    ready = "may" if lab.is_meant_to_fail else "must"
    return TunnelRecord(
        tunnel=flat(end.tunnel),
        child=child_of(end),
        piece=f"{flat(end.tunnel)}.{child.name}",
        start="boot",
        ready=ready,
        user_space_lacks=user_space_lacks,
    )


def child_of(end: TunnelEnd) -> str:
    """The name of an end's only child, unique in the node."""
    return flat(end.connection)


def raw_address(end: TunnelEnd, protocol: Protocol, ttl: int) -> str:
    """socat's address for outer packets of an IP protocol: from this end's address, with the other end's only."""
    (peer,) = end.peer_addresses
    assert end.local is not None, "a device has a local address"
    if peer.version == 4:
        return f"IP4-DATAGRAM:{peer}:{protocol.number},bind={end.local},range={peer}/32,ttl={ttl}"
    return f"IP6-DATAGRAM:[{peer}]:{protocol.number},bind=[{end.local}],range=[{peer}]/128,ipv6-unicast-hops={ttl}"
