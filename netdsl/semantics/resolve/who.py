"""Who: what a name or literal in a filter, a dns record or a NAT target stands for."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import assert_never

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import NetworkId, NodeId, TunnelId, end_name
from netdsl.semantics.bindings import (
    Placed,
    Who,
    WhoInterface,
    WhoNetwork,
    WhoNode,
    WhoPrefix,
    WhoTunnelEnd,
)
from netdsl.semantics.evaluate import Context, evaluate_list
from netdsl.semantics.resolve.ends import host_prefix
from netdsl.semantics.resolve.inside import ends_in_path, report_bare
from netdsl.semantics.resolve.work import NodeDraft, Work, report_unknown_part
from netdsl.semantics.scopes import Found, Kinds, find
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

ANYBODY = ("any", "all", "anywhere", "everywhere", "anybody", "internet", "world")
WHO: Kinds = (ElementKind.NODE, ElementKind.NETWORK, ElementKind.TUNNEL)
MOST_ADDRESSES = 1_000_000
_ADDRESSES = "the addresses that filters name, each use counted,"


def whos(values: tuple[syntax.Value, ...], context: Context, work: Work) -> tuple[Placed[Who], ...] | None:
    """Everybody that a list names; None once one of them is reported."""
    if _ADDRESSES in work.too_many:
        return None
    placed = evaluate_list(values, context, work.diagnostics)
    found: list[Placed[Who]] = []
    is_right = len(placed) >= len(values)
    for one in placed:
        members = who(one, work)
        is_right = is_right and bool(members)
        count = sum(_size(member.value, work) for member in members)
        advice = "a prefix that holds them all says the same in one"
        if not work.may_spend(_ADDRESSES, count, MOST_ADDRESSES, one.place, advice):
            return None
        found.extend(members)
    return tuple(found) if is_right else None


def _size(one: Who, work: Work) -> int:
    """How many addresses or prefixes it stands for."""
    match one:
        case WhoNetwork(network):
            return len(work.networks[network].prefixes)
        case WhoNode(node):
            draft = work.nodes[node]
            return len(draft.loopbacks) + sum(len(interface.addresses) for interface in draft.interfaces.values())
        case WhoInterface() | WhoPrefix() | WhoTunnelEnd():
            return 1
        case _:
            assert_never(one)


def who(placed: Placed[Value], work: Work) -> list[Placed[Who]]:
    """Whoever one value stands for; empty once reported."""
    match placed.value:
        case IPv4Network() | IPv6Network():
            return [Placed(WhoPrefix(placed.value), placed.place)]
        case IPv4Address() | IPv6Address():
            return [Placed(WhoPrefix(host_prefix(placed.value)), placed.place)]
        case Word():
            return [Placed(one, placed.place) for one in _named(placed.value, placed.place, work)]
        case _:
            work.wrong_kind(placed, "a node, a network, an address or a prefix")
            return []


def interfaces_of(node: NodeDraft, pattern: str, place: Place, work: Work) -> list[str]:
    """The interfaces that the last part of `node.if` names, sorted by number where it is a pattern."""
    matching = work.interfaces_like(node, pattern, place)
    if matching:
        return matching
    if "*" in pattern:
        if not node.is_broken and not work.too_many:
            message = f"`{pattern}` matches no interface of `{node.id}`"
            work.diagnostics.report(catalogue.NO_MATCH, message, place)
        return []
    if not node.is_broken:
        advice = work.near(pattern, node.interfaces) or _device(node, pattern) or _has(node)
        report_unknown_part(work, f"the node `{node.id}`", pattern, "interface", place, advice)
    return []


def _named(word: Word, place: Place, work: Work) -> list[Who]:
    if word.text in ANYBODY and find(word) is None:
        message = f"`{word.text}` is a word of other tools"
        advice = "a line without `from` or `to` is for everybody"
        work.diagnostics.report(catalogue.FOREIGN_WORD, message, place, help=advice)
        return []
    found: list[Who] = []
    for one in work.match(word, place, WHO):
        found.extend(_members(one, place, work))
    return found


def _members(one: Found, place: Place, work: Work) -> list[Who]:
    path = one.element.path
    if one.element.kind is ElementKind.NODE:
        node = work.nodes.get(NodeId(path))
        if node is None:
            return []
        if not one.rest:
            return [WhoNode(node.id)]
        names = interfaces_of(node, ".".join(one.rest), place, work)
        return [WhoInterface(node.id, name) for name in names]
    if one.element.kind is ElementKind.TUNNEL:
        return _inside(one, place, work)
    if one.rest:
        report_unknown_part(work, f"the network `{path}`", ".".join(one.rest), "part", place)
        return []
    return [WhoNetwork(NetworkId(path))] if NetworkId(path) in work.networks else []


def _inside(one: Found, place: Place, work: Work) -> list[Who]:
    """`tunnel.node`. Where policies take an end's packets: its virtual address, or its outer one."""
    tunnel = TunnelId(one.element.path)
    advice = f"`through {tunnel}` is for packets of the tunnel, `{tunnel}.NODE` for an end's address inside"
    found = ends_in_path(one, place, work, advice)
    insides = ((node, work.insides[tunnel][node]) for node in found)
    bare = [node for node, inside in insides if inside is not None and not inside.addresses]
    for node in bare:
        report_bare(tunnel, node, place, work)
    return [WhoTunnelEnd(tunnel, node) for node in found if tunnel in work.tunnels and not bare]


def _device(node: NodeDraft, name: str) -> str | None:
    """A tunnel's device is no interface of the source."""
    if name not in node.devices:
        return None
    tunnel, _ = node.devices[name]
    return f"the address inside the tunnel is `{end_name(tunnel, node.id)}`"


def _has(node: NodeDraft) -> str | None:
    names = ", ".join(f"`{name}`" for name in node.interfaces)
    return f"it has {names}" if 0 < len(node.interfaces) <= 8 else None
