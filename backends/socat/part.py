"""The part `socat`: `serve https`, `serve tcp`, `serve udp`."""

from collections.abc import Iterable, Iterator

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, Served
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, scripts, served
from netdsl.payload.quoting import tsv

from .services import SERVICES


class SocatPart:
    name = "socat"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "answer.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = served(node, SERVICES)
        if not services:
            return None
        return Share(files=tuple(_later(node, services)), needs=Needs(packages=("socat",)), services=services)


def _later(node: Node, services: Iterable[Served]) -> Iterator[PayloadFile]:
    """The addresses that tunnels give to a node which answers datagrams."""
    given = dict.fromkeys(address for end in node.tunnels for address in end.virtual)
    if given and any(one.kind == "udp" for one in services):
        yield PayloadFile("socat-later.tsv", "".join(tsv(str(one.version), str(one)) for one in given).encode())


part = SocatPart()
