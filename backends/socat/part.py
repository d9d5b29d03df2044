"""The part `socat`: `serve https`, `serve tcp`, `serve udp`."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, scripts, served

from .services import SERVICES


class SocatPart:
    name = "socat"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "answer.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = served(node, SERVICES)
        return Share(needs=Needs(packages=("socat",)), services=services) if services else None


part = SocatPart()
