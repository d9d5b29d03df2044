"""The part `dnsmasq`: `serve dns` and `serve dhcp`, with a configuration for each."""

from collections.abc import Iterator
from itertools import zip_longest

from netdsl.ir.dns import AddressRecord, NameService, Role
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, name_services, scripts, served
from netdsl.payload.quoting import line

from .dhcp import configuration
from .services import DHCP


class DnsmasqPart:
    name = "dnsmasq"

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        names, leases = name_services(node, Role.SIMPLE), served(node, (DHCP,))
        texts = [*((one, _names(each)) for one, each in names), *((one, configuration(node, one)) for one in leases)]
        if not texts:
            return None
        files = (PayloadFile(f"dnsmasq/{one.service.first}.conf", text.encode()) for one, text in texts)
        return Share(tuple(files), Needs(packages=("dnsmasq-base",)), services=tuple(one for one, _ in texts))


def _names(names: NameService) -> str:
    """dnsmasq(8): names of a zone are answered from its records and from nowhere else."""
    lines = []
    for zone in names.zones:
        lines.append(f"local=/{zone.name}/")
        lines += [f"host-record={text}" for one in zone.addresses for text in _records(one)]
    for forwarder in names.forwarders:
        names_of = f"/{forwarder.zone}/" if forwarder.zone else ""
        lines += [f"server={names_of}{address}" for address in forwarder.addresses]
    if any(not one.zone for one in names.forwarders):
        lines.append("local=/invalid/")  # RFC 6761 section 6.4: nobody is asked for these
    return "".join(line(text) for text in lines)


def _records(record: AddressRecord) -> Iterator[str]:
    """With an address of each family: of two in one line dnsmasq takes the last."""
    families = ([str(one) for one in record.addresses if one.version == version] for version in (4, 6))
    for pair in zip_longest(*families):
        yield ",".join((record.name, *filter(None, pair)))


part = DnsmasqPart()
