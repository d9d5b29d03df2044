"""Next hops: the address on the one segment, or inside the tunnel, that a node shares with its next hop, or why there is
none."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from itertools import product

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import Address, NetworkId, NodeId
from netdsl.ir.prefixes import holds
from netdsl.semantics.bindings import Placed
from netdsl.semantics.resolve.addresses import candidates
from netdsl.semantics.resolve.hops_inside import bare_advice, devices_of, inside_any, inside_named, joining
from netdsl.semantics.resolve.hops_on_link import bare_hops, by_borrowed, by_link_local, by_zone
from netdsl.semantics.resolve.inside import names_tunnel
from netdsl.semantics.resolve.work import Hop, InterfaceDraft, NodeDraft, Work, report_unknown_part
from netdsl.semantics.scopes import MOST_FINDINGS, locate
from netdsl.semantics.values import ShortAddress, Value, Word, ZonedAddress
from netdsl.source import Place
from netdsl.syntax.description import ElementKind


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a route stands. `uses_ipv6`: it is for IPv6, or the node is."""

    place: Place
    uses_ipv6: bool


def next_hops(
    node: NodeDraft, values: tuple[Placed[Value], ...], place: Place, is_for_ipv6: bool, work: Work
) -> list[Hop] | None:
    """The next hops of one line, one per family that node and hop share; None where one of them failed. `is_for_ipv6`: the
    line says a prefix of IPv6."""
    found: list[Hop] = []
    is_right = True
    line = _Line(place, is_for_ipv6 or node.uses_ipv6)
    for placed in values:
        hops = _hops(node, placed, line, work)
        is_right = is_right and bool(hops)
        found.extend(hops)
    return found if is_right and found else None


def _hops(node: NodeDraft, placed: Placed[Value], line: _Line, work: Work) -> list[Hop]:
    match placed.value:
        case Word():
            return _by_name(node, placed.value, placed.place, line, work)
        case ZonedAddress():
            return by_zone(node, placed.value, placed.place, line.place, work)
        case IPv6Address() if placed.value.is_link_local:
            return by_link_local(node, placed.value, placed.place, line.place, work)
        case IPv4Address() | IPv6Address() | ShortAddress():
            return _by_address(node, placed.value, line, placed.place, work)
        case _:
            work.wrong_kind(placed, "a next hop (a node or an address)")
            return []


def _by_name(node: NodeDraft, word: Word, place: Place, line: _Line, work: Work) -> list[Hop]:
    if names_tunnel(word):
        return inside_named(node, word, place, line.place, work)
    found = locate(word, work.diagnostics, place, (ElementKind.NODE,))
    other = None if found is None else work.nodes.get(NodeId(found.element.path))
    if found is None or other is None:
        return []
    if other is node:
        message = f"`{node.id}` cannot be its own next hop"
        work.diagnostics.report(catalogue.NEXT_HOP_IS_SELF, message, place)
        return []
    if not found.rest:
        shared = [segment for segment in node.segments if segment in other.segments]
        return _over(node, other, shared, None, place, line, work)
    interface = other.interfaces.get(".".join(found.rest))
    if interface is None:
        if not other.is_broken:
            name = ".".join(found.rest)
            advice = work.near(name, other.interfaces)
            report_unknown_part(work, f"the node `{other.id}`", name, "interface", place, advice)
        return []
    segment = work.segment_of[interface.network]
    shared = [segment] if segment in node.segments else []
    return _over(node, other, shared, interface, place, line, work)


def _over(
    node: NodeDraft,
    other: NodeDraft,
    shared: list[NetworkId],
    only: InterfaceDraft | None,
    place: Place,
    line: _Line,
    work: Work,
) -> list[Hop]:
    """The addresses of `other` (of its interface `only`) that `node` is on a prefix with, at most one per family."""
    by_segment = {segment: _on_segment(node, other, segment, only, line, work) for segment in shared}
    reachable = {segment: hops for segment, hops in by_segment.items() if hops}
    if len(reachable) == 1:
        return next(iter(reachable.values()))
    if node.is_broken or other.is_broken:
        return []
    if reachable:
        _report_ambiguous(node, other, list(reachable), place, work)
    elif shared:
        _report_unaddressed(node, other, shared[0], place, work)
    elif only is None and (tunnels := joining(node, other, work)):
        return inside_any(node, other, tunnels, place, line.place, work)
    else:
        _report_apart(node, other, line, work)
    return []


def _on_segment(
    node: NodeDraft, other: NodeDraft, segment: NetworkId, only: InterfaceDraft | None, line: _Line, work: Work
) -> list[Hop]:
    hops: dict[int, Hop] = {}
    own = [(interface, bound.address.network) for interface in node.segments[segment] for bound in interface.addresses]
    for theirs in other.segments[segment]:
        if only is not None and theirs is not only:
            continue
        for bound in theirs.addresses:
            address = bound.address.ip
            if address.version in hops:
                continue
            for interface, prefix in own:
                if prefix.version == address.version and address in prefix:
                    hops[address.version] = Hop(address, interface.name, other.id, line.place)
                    break
    pairs = product(node.segments[segment], other.segments[segment] if only is None else (only,))
    for interface, theirs in pairs if len(hops) < 2 else ():
        for hop in bare_hops(interface, theirs, other, line.place, line.uses_ipv6, work):
            hops.setdefault(hop.address.version, hop)
    return [hops[family] for family in sorted(hops)]


def _by_address(node: NodeDraft, value: Address | ShortAddress, line: _Line, place: Place, work: Work) -> list[Hop]:
    if not isinstance(value, ShortAddress) and value in _own_addresses(node, work):
        message = f"`{value}` is an address of `{node.id}` itself"
        work.diagnostics.report(catalogue.NEXT_HOP_IS_SELF, message, place)
        return []
    found = _fitting(node, value, work)
    if len(found) == 1:
        address, name = next(iter(found.items()))
        return [Hop(address, name, None, line.place)]
    if not found and isinstance(value, IPv4Address):
        hops = by_borrowed(node, value, place, line.place, work)
        if hops is not None:
            return hops
    if node.is_broken:
        return []
    if found:
        options = " or ".join(f"`{address}`" for address in found)
        message = f"the next hop fits {len(found)} networks of `{node.id}`"
        work.diagnostics.report(catalogue.NEXT_HOP_AMBIGUOUS, message, place, help=f"write {options}")
    else:
        _report_unreachable(node, value, line, work)
    return []


def _fitting(node: NodeDraft, value: Address | ShortAddress, work: Work) -> dict[Address, str]:
    """The addresses that are meant, each with the interface whose prefix holds it."""
    found: dict[Address, str] = {}
    for interface in node.interfaces.values():
        for bound in (one for one in interface.addresses if not one.is_borrowed):
            for address, _ in candidates(value, (bound.address.network,)):
                found.setdefault(address, interface.name)
    if not isinstance(value, ShortAddress):  # a short one is completed from networks
        led = (one for one in devices_of(node, work) if any(holds(given.network, value) for given in one.addresses))
        found.update((value, one.interface) for one in led if value not in found)
    return found


def _own_addresses(node: NodeDraft, work: Work) -> Iterator[Address]:
    yield from node.addresses
    yield from (given.ip for device in devices_of(node, work) for given in device.addresses)


def _report_unreachable(node: NodeDraft, value: Address | ShortAddress, line: _Line, work: Work) -> None:
    shown = "".join(f".{octet}" for octet in value.octets) if isinstance(value, ShortAddress) else str(value)
    owners = [] if isinstance(value, ShortAddress) else work.owners_of(value)
    if work.has_broken_ends and not owners and not isinstance(value, ShortAddress):
        return  # it may be an address inside the tunnel
    related = tuple(
        Label(bound.place, f"that address is `{interface.node}`'s, on `{interface.network}`")
        for interface, bound in owners[:1]
    )
    help_text = None
    if owners:
        owner = work.nodes[owners[0][0].node]
        help_text = _meeting_advice(node, owner, line.place)
    elif not isinstance(value, ShortAddress):
        help_text = bare_advice(node, value, work)
    work.diagnostics.report(
        catalogue.NEXT_HOP_UNREACHABLE,
        f"`{node.id}` cannot reach the next hop {shown} on any of its networks",
        line.place,
        _where(node),
        related=related,
        help=help_text,
    )


def _report_apart(node: NodeDraft, other: NodeDraft, line: _Line, work: Work) -> None:
    common = [] if work.diagnostics.reported > MOST_FINDINGS else sorted(
        third.id for third in work.nodes.values()
        if third not in (node, other) and node.segments.keys() & third.segments.keys()
        and third.segments.keys() & other.segments.keys()
    )  # fmt: skip
    help_text = f"`{common[0]}` is on a network with each of them: `via {common[0]}`" if common else None
    work.diagnostics.report(
        catalogue.NEXT_HOP_UNREACHABLE,
        f"`{node.id}` cannot reach the next hop `{other.id}` on any of its networks",
        line.place,
        _where(node),
        related=(Label(other.item.place, _where(other)),),
        help=help_text,
    )


def _report_unaddressed(node: NodeDraft, other: NodeDraft, segment: NetworkId, place: Place, work: Work) -> None:
    networks = {interface.network for interface in (*node.segments[segment], *other.segments[segment])}
    bare = sorted(id_ for id_ in networks if not work.networks[id_].prefixes)
    if any(work.networks[id_].is_broken for id_ in networks):
        return
    if bare:
        work.diagnostics.report(
            catalogue.NETWORK_WITHOUT_PREFIX,
            f"`{other.id}` has no address that a next hop could have: `{bare[0]}` has no prefix",
            place,
            related=(Label(work.networks[bare[0]].place, "declared here"),),
        )
        return
    message = f"`{node.id}` and `{other.id}` are both on `{segment}`, with no prefix in common"
    work.diagnostics.report(catalogue.NEXT_HOP_UNREACHABLE, message, place)


def _report_ambiguous(node: NodeDraft, other: NodeDraft, shared: list[NetworkId], place: Place, work: Work) -> None:
    options = " or ".join(f"`via {other.id}.{other.segments[segment][0].name}`" for segment in shared)
    names = " and ".join(f"`{segment}`" for segment in shared)
    message = f"`{node.id}` and `{other.id}` share {len(shared)} networks, {names}"
    work.diagnostics.report(catalogue.NEXT_HOP_AMBIGUOUS, message, place, help=f"say which: {options}")


def _meeting_advice(node: NodeDraft, owner: NodeDraft, line: Place) -> str | None:
    shared = [segment for segment in node.segments if segment in owner.segments]
    if owner is node or not shared:
        return None
    words = line.span.text.partition(" via ")[0]
    return f"`{owner.id}` is on `{shared[0]}` too: `{words} via {_relative(owner.id, node.id)}`"


def _relative(path: str, seen_from: str) -> str:
    """A node's name as it is written in the scope of another one."""
    scope = seen_from.rpartition(".")[0]
    return path.removeprefix(scope + ".") if scope else path


def _where(node: NodeDraft) -> str:
    networks = [f"`{interface.network}`" for interface in node.interfaces.values()]
    if not networks:
        return f"`{node.id}` is on no network"
    if len(networks) == 1:
        return f"`{node.id}` is on {networks[0]} only"
    shown = ", ".join(networks[:4]) + (", …" if len(networks) > 4 else "")
    return f"`{node.id}` is on {shown}"
