"""The part `unbound`: `serve dns { recursion }`, with a configuration for each port."""

from collections.abc import Iterator

from netdsl.ir.dns import NameService, Role
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, name_services, scripts
from netdsl.payload.quoting import line
from netdsl.payload.zone_file import hints_file, name


class UnboundPart:
    name = "unbound"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "unbound.conf")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = name_services(node, Role.RECURSIVE)
        if not services:
            return None
        files = (file for one, names in services for file in _files(one.service.first or 0, names))
        return Share(tuple(files), Needs(packages=("unbound",)), services=tuple(one for one, _ in services))


def _files(port: int, names: NameService) -> Iterator[PayloadFile]:
    recursion = names.recursion
    assert recursion is not None, "a recursive server"
    yield PayloadFile(f"unbound/{port}/unbound.conf", "".join(map(line, _configuration(port, names))).encode())
    if recursion.roots:
        yield PayloadFile(f"unbound/{port}/hints", hints_file(recursion.roots).encode())


def _configuration(port: int, names: NameService) -> Iterator[str]:
    """unbound.conf(5): without lines of its own, a client is refused."""
    yield from ("server:", f"port: {port}")
    clients = names.recursion.clients if names.recursion is not None else ()
    yield from (f"access-control: {prefix} allow" for prefix in clients or ("0.0.0.0/0", "::/0"))
    for forwarder in names.forwarders:
        yield from ("forward-zone:", f'name: "{name(forwarder.zone)}"')
        yield from (f"forward-addr: {address}" for address in forwarder.addresses)


part = UnboundPart()
