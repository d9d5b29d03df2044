"""The part `dnsmasq`: `serve dns`, with a configuration for each."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, Served
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, scripts, served
from netdsl.payload.quoting import line

from .services import SERVICES


class DnsmasqPart:
    name = "dnsmasq"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        services = served(node, SERVICES)
        if not services:
            return None
        files = tuple(
            PayloadFile(f"dnsmasq/{one.service.first}.conf", _configuration(one).encode()) for one in services
        )
        return Share(files, Needs(packages=("dnsmasq-base",)), services=services)


def _configuration(one: Served) -> str:
    """dnsmasq(8): names of the zone are answered from the records and from nowhere else."""
    lines = []
    if one.zone:
        lines.append(f"local=/{one.zone}/")
    for record in one.records:
        name = record.name
        if one.zone:
            name = one.zone if name == "@" else f"{name}.{one.zone}"
        lines.append(f"host-record={','.join((name, *map(str, record.addresses)))}")
    lines += [f"server={address}" for address in one.forward_to]
    return "".join(line(text) for text in lines)


part = DnsmasqPart()
