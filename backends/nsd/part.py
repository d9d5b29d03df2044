"""The part `nsd`: `serve dns` with zones that other servers ask for, with a configuration for each port."""

from collections.abc import Iterator

from netdsl.ir.dns import NameService, Role
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Device
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, name_services, scripts
from netdsl.payload.quoting import line
from netdsl.payload.zone_file import name, zone_file


class NsdPart:
    name = "nsd"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "nsd.conf")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = name_services(node, Role.AUTHORITATIVE)
        if not services:
            return None
        files = (file for one, names in services for file in _files(node, one.service.first or 0, names))
        return Share(tuple(files), Needs(packages=("nsd",)), services=tuple(one for one, _ in services))


def _files(node: Node, port: int, names: NameService) -> Iterator[PayloadFile]:
    """nsd.conf(5). From an address that it was told of, NSD answers from that address; from any, the kernel chooses one."""
    lines = ["server:", f"port: {port}", *(f"ip-address: {address}" for address in _addresses(node))]
    for number, zone in enumerate(names.zones, start=1):
        lines += ["zone:", f'name: "{name(zone.name)}"', f'zonefile: "{number}.zone"']
        yield PayloadFile(f"nsd/{port}/{number}.zone", zone_file(zone).encode())
    yield PayloadFile(f"nsd/{port}/nsd.conf", "".join(map(line, lines)).encode())


def _addresses(node: Node) -> list[str]:
    inside = (given.ip for end in node.tunnels if isinstance(end.steering, Device) for given in end.steering.addresses)
    virtual = (address for end in node.tunnels for address in end.virtual)
    return ["127.0.0.1", "::1", *dict.fromkeys(map(str, (*node.addresses, *inside, *virtual)))]


part = NsdPart()
