"""The part `busybox`: `serve http`. Every node has its package."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import PayloadFile
from netdsl.payload.part import Share, scripts, served

from .services import SERVICES


class BusyboxPart:
    name = "busybox"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = served(node, SERVICES)
        return Share(services=services) if services else None


part = BusyboxPart()
