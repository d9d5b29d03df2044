"""What a node serves, and whom it asks for names."""

import re

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.ids import NodeId
from netdsl.ir.service import PortService
from netdsl.ir.service_kinds import service_kinds
from netdsl.semantics.bindings import BoundService, Placed
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.dns import bound_names, nodes_named
from netdsl.semantics.resolve.placement import sort_block
from netdsl.semantics.resolve.ports import service
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.values import Word
from netdsl.syntax import tree as syntax

FOREIGN_KINDS = {
    "nginx": "http", "apache": "http", "web": "http", "tls": "https", "echo": "tcp", "socat": "tcp",
    "dnsmasq": "dns", "bind": "dns", "named": "dns", "nsd": "dns", "knot": "dns", "unbound": "dns", "resolver": "dns",
    "dhcpd": "dhcp", "dhcp4": "dhcp", "isc-dhcp-server": "dhcp", "kea": "dhcp", "udhcpd": "dhcp",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*", re.ASCII)


def served(node: NodeDraft, work: Work) -> tuple[BoundService, ...]:
    found = (_serve(statement, item, work) for statement, item in node.block.of(syntax.Serve))
    return tuple(one for one in found if one is not None)


def resolvers(node: NodeDraft, work: Work) -> tuple[Placed[NodeId], ...]:
    """`resolver NODE, …`."""
    return tuple(one for line, item in node.block.attributes("resolver") for one in nodes_named(line, item, work))


def _serve(statement: syntax.Serve, item: Item, work: Work) -> BoundService | None:
    kind = _kind(statement, item, work)
    block = sort_block(item.children, "serve", work.diagnostics)
    name = _name(statement, kind, item, work)
    if kind is None or name is None:
        return None
    port = _port(statement, kind, item, work)
    if not service_kinds()[kind].has_zone:
        if block.items:
            _report_names(kind, block.items[0], work)
            return None
        return None if port is None else BoundService(kind, name, port, None, item.place)
    names = bound_names(block, item, work)
    return None if port is None or names is None else BoundService(kind, name, port, names, item.place)


def _report_names(kind: str, line: Item, work: Work) -> None:
    zoned = " or ".join(f"`serve {one.name}`" for one in service_kinds().values() if one.has_zone)
    message = f"`serve {kind}` has no zone and no records"
    work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, line.place, help=f"these belong in {zoned}")


def _kind(statement: syntax.Serve, item: Item, work: Work) -> str | None:
    placed = attributes.placed(statement.kind, item, work.diagnostics)
    if placed is None:
        return None
    if not isinstance(placed.value, Word):
        is_port = isinstance(placed.value, PortService)
        advice = f"the kind stands first: `serve KIND {placed.value}`" if is_port else None
        work.wrong_kind(placed, "a kind of service (`http`, `dns` …)", advice)
        return None
    kind = placed.value.text
    if kind in service_kinds():
        return kind
    kinds = ", ".join(f"`{one}`" for one in service_kinds())
    if kind in FOREIGN_KINDS:
        advice = f"`serve {FOREIGN_KINDS[kind]}` is what there is, or a program of your own by `run`"
    else:
        advice = did_you_mean(kind, service_kinds()) or f"one of {kinds}"
    message = f"nothing of the kind `{kind}` can be served"
    work.diagnostics.report(catalogue.UNKNOWN_SERVICE_KIND, message, placed.place, help=advice)
    return None


def _name(statement: syntax.Serve, kind: str | None, item: Item, work: Work) -> str | None:
    """The name, by default the kind."""
    if statement.name is None:
        return kind
    placed = attributes.placed(statement.name, item, work.diagnostics)
    if placed is None:
        return None
    if isinstance(placed.value, Word) and _NAME.fullmatch(placed.value.text):
        return placed.value.text
    if isinstance(placed.value, Word):
        message = f"`{placed.value.text}` is no name of a service"
        advice = "letters, digits and `-`"
        work.diagnostics.report(catalogue.INVALID_NAME, message, placed.place, help=advice)
    else:
        protocol = None if kind is None or type(placed.value) is not int else service_kinds()[kind].protocol
        meant = f"a port has its protocol: `serve {kind} {protocol}/{placed.value}`" if protocol else None
        work.wrong_kind(placed, "a service's name", meant)
    return None


def _port(statement: syntax.Serve, kind: str, item: Item, work: Work) -> PortService | None:
    """Where the service listens: one port of the protocol that the kind has."""
    default, protocol = service_kinds()[kind].default, service_kinds()[kind].protocol
    if statement.service is None:
        if default is None:
            message = f"`serve {kind}` needs a port"
            work.diagnostics.report(
                catalogue.MISSING_STATEMENT, message, item.place, help=f"as in `serve {kind} {protocol}/9000`"
            )
        return default
    placed = attributes.placed(statement.service, item, work.diagnostics)
    ports = None if placed is None else service(placed, work)
    if ports is None or placed is None:
        return None
    fitting = [port for port in ports if port.protocol is protocol]
    if len(fitting) == 1 and fitting[0].first is not None and fitting[0].first == fitting[0].last:
        return fitting[0]
    message = f"`serve {kind}` listens on one {protocol} port"
    work.diagnostics.report(
        catalogue.WRONG_KIND, message, placed.place, help=f"as in `{default or f'{protocol}/9000'}`"
    )
    return None
