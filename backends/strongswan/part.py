"""The part `strongswan`: which files a node with IPsec has, and what it needs of its envelope."""

from collections.abc import Iterator, Sequence

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Child, Start, TunnelEnd, device_of
from netdsl.kinds.ipsec.algorithms import kernel_need
from netdsl.kinds.ipsec.ir import AuthMethod, bypassed, child_inside, end_inside, ends_of
from netdsl.kinds.ipsec.known import connection_of
from netdsl.kinds.ipsec.revocation import is_refused
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, TunnelRecord, scripts
from netdsl.payload.quoting import flat, line, tsv

from .probe import probe_lines
from .swanctl import bypass_name, child_name, swanctl_conf

_PACKAGES = ("charon-systemd", "libcharon-extra-plugins", "strongswan-swanctl")
_PATIENCE = 5  # seconds that the end which does not begin leaves to the other, and a backup to the tunnel before it
_OCSP_PACKAGES = ("libstrongswan-extra-plugins",)  # the plug-in curl
_MORE_PACKAGES = {AuthMethod.EAP_MSCHAPV2: ("libcharon-extauth-plugins",)}  # the rest of EAP is in the extra plugins
_START_WORDS = {Start.BOOT: "boot", Start.TRAFFIC: "traffic", Start.HAND: "hand", Start.NONE: "hand"}


class StrongswanPart:
    """IPsec by strongSwan: `swanctl.conf` and `esp-probe.batch` (formats: README.md), its children in `tunnels.tsv`."""

    name = "strongswan"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "updown.sh", "strongswan.conf")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = ends_of(node.tunnels)
        if not ends:
            return None
        probe = "".join(f"{line}\n" for line in probe_lines(node))
        backups, devices = "".join(_backups(ends)).encode(), "".join(_devices(ends)).encode()
        files = (
            PayloadFile("swanctl.conf", swanctl_conf(node, lab).encode()),
            PayloadFile("esp-probe.batch", probe.encode()),
            *((PayloadFile("backups.tsv", backups),) if backups else ()),
            *((PayloadFile("devices.tsv", devices),) if devices else ()),
            *_bypass(node),
            *((PayloadFile("farp", b""),) if any(end.answers_arp for end in ends) else ()),
            *_lease_server(ends),
        )
        tunnels = tuple(_record(end, child, lab) for end in ends for child in end.children)
        return Share(files, _needs(ends, lab), tunnels)


def _bypass(node: Node) -> Iterator[PayloadFile]:
    prefixes = bypassed(node.tunnels)
    if prefixes:
        lines = "".join(f"{prefix}\t{bypass_name(node)}\n" for prefix in prefixes)
        yield PayloadFile("bypass.tsv", lines.encode())


def _lease_server(ends: Sequence[TunnelEnd]) -> Iterator[PayloadFile]:
    """One for all tunnels of the node."""
    servers = (end_inside(end).leases for end in ends)
    server = next((one for one in servers if one is not None), None)
    if server is not None:
        yield PayloadFile("dhcp", line(str(server.address)).encode())


def _needs(ends: Sequence[TunnelEnd], lab: Lab) -> Needs:
    insides = [end_inside(end) for end in ends]
    auths = (auth for inside in insides for auth in (*inside.own_auth, *inside.peer_auth))
    packages = (*_PACKAGES, *(package for auth in auths for package in _MORE_PACKAGES.get(auth.method, ())))
    with_responder = {pki.id for pki in lab.pkis if pki.responder is not None}
    if any(auth.pki in with_responder for inside in insides for auth in inside.peer_auth):
        packages = (*packages, *_OCSP_PACKAGES)
    listens = any(end.answers_arp or end_inside(end).leases is not None for end in ends)
    packets = ("NET_RAW",) if listens else ()  # the plug-ins farp and dhcp have packet sockets
    # in user space ESP has a TUN device; a node with a child that user space does not have does not get ready there
    runs_in_kernel = any(kernel_need(end, child) is not None for end in ends for child in end.children)
    devices = () if runs_in_kernel else ("/dev/net/tun",)
    # what a node that comes back has to know: it has run before
    remembers = any(child.start is Start.TRAFFIC for end in ends for child in end.children)
    capabilities = ("NET_ADMIN", "NET_BIND_SERVICE", *packets)
    return Needs(packages, capabilities, devices, writes=None if remembers else ())


def _backups(ends: Sequence[TunnelEnd]) -> Iterator[str]:
    """A line for each child of a backup and each child that it waits for."""
    for end in ends:
        front = [one for one in ends if one.tunnel in end.backup_of]
        for child in end.children:
            yield from (tsv(child_name(end, child), child_name(one, other)) for one in front for other in one.children)


def _devices(ends: Sequence[TunnelEnd]) -> Iterator[str]:
    """A line for each child that has a device: the child, the device, and the number by which policies are its own."""
    for end in ends:
        device = device_of(end)
        for child in end.children if device is not None else ():
            yield tsv(child_name(end, child), device.name if device else "", child_inside(child).reqid)


def _record(end: TunnelEnd, child: Child, lab: Lab) -> TunnelRecord:
    is_answering = child.start is Start.NONE or not end.peer_addresses
    ready = "no"
    if child.start is Start.BOOT:
        is_unsure = lab.is_meant_to_fail or lab.expects_down(end.tunnel) or is_refused(lab, end)
        ready = "may" if is_unsure or is_answering else "must"
    ready = "no" if end.backup_of else ready
    patience = 0 if child.is_initiator else _PATIENCE
    need = kernel_need(end, child)
    return TunnelRecord(
        tunnel=flat(end.tunnel),
        child=child_name(end, child),
        piece=f"{flat(end.tunnel)}.{child.name}",
        start=_START_WORDS[child.start],
        ready=ready,
        connection=flat(connection_of(end)),
        patience="never" if is_answering else str(patience + (_PATIENCE if end.backup_of else 0)),
        again=end_inside(end).dpd_action.value,
        user_space_lacks="" if need is None else f"IPsec in user space has not {need}",
    )


part = StrongswanPart()
