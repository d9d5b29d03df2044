"""The part `openssl`: `serve ocsp`, one responder for each port."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, scripts, served

from .services import SERVICES


class OpensslPart:
    name = "openssl"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = served(node, SERVICES)
        return Share(needs=Needs(packages=("openssl",)), services=services) if services else None


part = OpensslPart()
