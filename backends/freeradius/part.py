"""The part `freeradius`: `serve radius`, with a configuration for each port."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, Served
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, scripts, served
from netdsl.payload.quoting import flat

from .services import SERVICES


class FreeradiusPart:
    name = "freeradius"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "radiusd.conf")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = served(node, SERVICES)
        if not services:
            return None
        files = tuple(PayloadFile(f"freeradius/{one.service.first}", _certificate(one)) for one in services)
        return Share(files, Needs(packages=("freeradius",)), services=services)


def _certificate(one: Served) -> bytes:
    """The name of the certificate that the server shows inside of EAP-TTLS; empty where it has none."""
    return b"" if one.certificate is None else f"{flat(one.certificate)}\n".encode()


part = FreeradiusPart()
