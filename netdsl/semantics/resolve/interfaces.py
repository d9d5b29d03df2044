"""Nodes with their interfaces: names that a kernel and a host name can have, who is on which network."""

import re

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import NodeId, host_name
from netdsl.ir.kind_names import kind_names
from netdsl.ir.node import NodeKind
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.networks import mtu
from netdsl.semantics.resolve.placement import sort_block
from netdsl.semantics.resolve.work import InterfaceDraft, NetworkDraft, NodeDraft, Work
from netdsl.semantics.values import Mac, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax

LONGEST_INTERFACE_NAME = 15
"""IFNAMSIZ less the closing NUL: linux/if.h."""
LONGEST_LABEL = 63
"""A label of a host name: RFC 1123 section 2.1, RFC 1035 section 2.3.4."""
_INSIDE = "that name is kept for the inside of nodes"
RESERVED_INTERFACES = {
    **dict.fromkeys(("all", "default", "lo"), "kernels use that name"),
    **dict.fromkeys(("mgmt", "uplink"), _INSIDE),
    **dict.fromkeys(
        ("tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0", "bonding_masters"),
        "kernels make that name in every network namespace",
    ),
}
RESERVED_HOSTS = ("localhost", "ip6-localhost", "ip6-loopback", "ip6-allnodes", "ip6-allrouters")

_NONE = Word("none")
"""In place of addresses."""
_INTERFACE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*", re.ASCII)
_ELEMENT_CHARACTERS = re.compile(r"[a-z0-9-]*", re.ASCII)
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)

MOST_NODES = 10_000

Ends = list[tuple[NetworkDraft, NodeDraft, str, Item]]


def nodes(items: list[tuple[syntax.Node, Item]], work: Work) -> None:
    """The nodes, still without interfaces."""
    first_of: dict[str, NodeDraft] = {}
    for statement, item in work.at_most(MOST_NODES, "nodes", items):
        id_ = NodeId(item.scope.qualified(item.name))
        if id_ in work.nodes:
            continue  # duplicate-name was reported where it was declared
        node = NodeDraft(
            id_,
            NodeKind(statement.kind),
            item,
            sort_block(item.children, statement.kind, work.diagnostics),
        )
        work.nodes[node.id] = node
        _check_host_name(node, work)
        other = first_of.setdefault(host_name(node.id), node)
        if other is not node:
            work.diagnostics.report(
                catalogue.NAME_COLLISION,
                f"`{node.id}` and `{other.id}` have the same host name, `{host_name(node.id)}`",
                _name_place(node),
                related=(Label(_name_place(other), "the other one"),),
            )


INTERFACES = "the interfaces of all nodes"
MOST_INTERFACES = 60_000


def interfaces(ends: Ends, work: Work) -> None:
    """Gives the nodes their interfaces: those of their own lines in order, then those that only a link names."""
    links = {(node.id, name): (network, item) for network, node, name, item in reversed(ends)}
    for node in work.nodes.values():
        for statement, item in node.block.of(syntax.Interface):
            _interface(node, statement, item, links, work)
    for network, node, name, item in ends:
        own = node.interfaces.get(name)
        if own is not None and own.network == network.id:
            continue
        if own is None and is_interface_name(node, name, item.place, "", work):
            _add(
                node,
                InterfaceDraft(node.id, name, network.id, (), None, None, item.place, wants_addresses=True),
                network,
            )
        elif own is not None:
            _report_twice(node, name, item.place, own, work)


def _check_host_name(node: NodeDraft, work: Work) -> None:
    name = host_name(node.id)
    if not _ELEMENT_CHARACTERS.fullmatch(name):
        return  # invalid-name was reported where it was declared
    if len(name) > LONGEST_LABEL:
        message = f"the host name `{name}` has {len(name)} characters, a host name has at most {LONGEST_LABEL}"
    elif name in RESERVED_HOSTS:
        message = f"`{name}` is the name of every host for itself"
    elif not _HOST_NAME.fullmatch(name):
        message = f"`{name}` is no host name"
    else:
        return
    advice = "lower-case letters, digits and `-`, with a letter or digit at both ends"
    work.diagnostics.report(catalogue.INVALID_HOST_NAME, message, _name_place(node), help=advice)


def _name_place(node: NodeDraft) -> Place:
    assert isinstance(node.item.statement, syntax.Node)
    return node.item.at(node.item.statement.name.span)


def _interface(
    node: NodeDraft,
    statement: syntax.Interface,
    item: Item,
    links: dict[tuple[NodeId, str], tuple[NetworkDraft, Item]],
    work: Work,
) -> None:
    network = _network(statement, item, work)
    name = _name(node, statement, item, work)
    if name is None or (statement.network is not None and network is None):
        node.is_broken = True
        return
    if network is None:
        link = links.get((node.id, name))
        if link is None:
            _report_loose(node, name, item, work)
            return
        network = link[0]
    if name in node.interfaces:
        _report_twice(node, name, item.place, node.interfaces[name], work)
        return
    block = sort_block(item.children, "interface", work.diagnostics)
    written = evaluate_list(statement.addresses, item, work.diagnostics)
    count = len(written) if statement.addresses else len(network.prefixes)
    if not (work.may_spend(INTERFACES, 1, MOST_INTERFACES, item.place) and work.may_have_addresses(count, item.place)):
        return
    is_bare = len(written) == 1 and written[0].value == _NONE
    lender = attributes.only_value(block.attribute("unnumbered"), work.diagnostics)
    draft = InterfaceDraft(
        node.id, name, network.id, () if is_bare else written, _mac(block.attribute("mac"), work),
        mtu(block, network.prefixes, work.diagnostics), item.place, not statement.addresses and lender is None,
        is_broken=len(written) < len(statement.addresses), lender=lender,
    )  # fmt: skip
    _add(node, draft, network)


def _network(statement: syntax.Interface, item: Item, work: Work) -> NetworkDraft | None:
    if statement.network is None:
        return None
    placed = attributes.placed(statement.network, item, work.diagnostics)
    return None if placed is None else work.network(placed)


def _name(node: NodeDraft, statement: syntax.Interface, item: Item, work: Work) -> str | None:
    """The name given, else the network's last part; None once reported."""
    value = statement.name if statement.name is not None else statement.network
    assert value is not None, "an interface has a name or a network"
    placed = attributes.placed(value, item, work.diagnostics)
    if placed is None:
        return None
    if not isinstance(placed.value, Word):
        if statement.name is not None:
            work.wrong_kind(placed, "an interface's name")
        return None
    name = placed.value.text.rpartition(".")[2] if statement.name is None else placed.value.text
    advice = "" if statement.name is not None else f"give it a name: `interface NAME on {placed.value.text}`"
    return name if is_interface_name(node, name, placed.place, advice, work) else None


def is_interface_name(node: NodeDraft, name: str, place: Place, advice: str, work: Work) -> bool:
    """Whether an interface of a node can be called so; else it is reported, and the node marked as broken."""
    if len(name) > LONGEST_INTERFACE_NAME:
        message = f"the interface name `{name}` has {len(name)} characters, kernels have room for 15"
        work.diagnostics.report(catalogue.INTERFACE_NAME_TOO_LONG, message, place, help=advice or None)
    elif (reason := _reserved(name)) is not None:
        message = f"no interface can be called `{name}`"
        work.diagnostics.report(catalogue.RESERVED_INTERFACE_NAME, message, place, reason, help=advice or None)
    elif not _INTERFACE_NAME.fullmatch(name):
        message = f"`{name}` is no interface name"
        advice = advice or "letters, digits, `_` and `-`, the first no `-`"
        work.diagnostics.report(catalogue.RESERVED_INTERFACE_NAME, message, place, help=advice)
    else:
        return True
    node.is_broken = True
    return False


def _reserved(name: str) -> str | None:
    """Why no interface of a source can be called so."""
    is_kept = any(name in names.INTERFACES for names in kind_names())
    return _INSIDE if is_kept else RESERVED_INTERFACES.get(name)


def _report_loose(node: NodeDraft, name: str, item: Item, work: Work) -> None:
    if not node.is_broken:
        work.diagnostics.report(
            catalogue.MISSING_STATEMENT,
            f"the interface `{name}` of `{node.id}` is on no network and no link ends at it",
            item.place,
            help=f"`interface {name} on NETWORK`, or a `link` with the end `{node.id}.{name}`",
        )
    node.is_broken = True


def _report_twice(node: NodeDraft, name: str, place: Place, first: InterfaceDraft, work: Work) -> None:
    work.diagnostics.report(
        catalogue.DUPLICATE_INTERFACE,
        f"`{node.id}` has two interfaces called `{name}`",
        place,
        related=(Label(first.place, "the first one"),),
        help="an interface is called after its network unless a name stands before `on`",
    )
    node.is_broken = True


def _mac(line: tuple[syntax.Attribute, Item] | None, work: Work) -> str | None:
    value = attributes.only_value(line, work.diagnostics)
    if value is None:
        return None
    if not isinstance(value.value, Mac):
        work.wrong_kind(value, "a MAC address")
        return None
    mac = value.value.text
    problem = mac_problem(mac)
    if problem is None:
        return mac
    work.diagnostics.report(
        catalogue.INVALID_MAC, f"no interface can have the MAC address `{mac}`", value.place, problem
    )
    return None


def mac_problem(mac: str) -> str | None:
    """What is wrong with a MAC address as an interface's own. Source: IEEE 802-2014, section 8.2."""
    if int(mac[:2], 16) & 1:
        return "it is a group address: the last bit of its first byte is set"
    return "it is all zero" if not int(mac.replace(":", ""), 16) else None


def _add(node: NodeDraft, draft: InterfaceDraft, network: NetworkDraft) -> None:
    node.interfaces[draft.name] = draft
    network.interfaces.append(draft)
    draft.is_broken = draft.is_broken or network.is_broken
    node.is_broken = node.is_broken or draft.is_broken
