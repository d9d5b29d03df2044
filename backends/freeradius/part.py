"""The part `freeradius`: `serve radius`, with a configuration for each port."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, Served
from netdsl.ir.pki import SERVICES_PKI
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
        files = tuple(PayloadFile(f"freeradius/{one.service.first}", _certificate(node, lab, one)) for one in services)
        return Share(files, Needs(packages=("freeradius",)), services=services)


def _certificate(node: Node, lab: Lab, one: Served) -> bytes:
    """The name of the certificate that the server shows inside of EAP-TTLS; empty where it has none."""
    pkis = (pki for pki in lab.pkis if pki.id != SERVICES_PKI)
    own = next((pki for pki in pkis if any(entity.node == node.id for entity in pki.end_entities)), None)
    return b"" if own is None or not one.secrets else f"{flat(own.id)}\n".encode()


part = FreeradiusPart()
