"""Next hops inside tunnels: the other end's address on the interface that leads in."""

from collections.abc import Iterator

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import Address, TunnelId, end_name
from netdsl.ir.prefixes import holds
from netdsl.semantics.bindings import Inside
from netdsl.semantics.resolve.inside import GIVES_ADDRESSES, ends_in_path, report_bare
from netdsl.semantics.resolve.work import Hop, NodeDraft, Work
from netdsl.semantics.scopes import locate
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax.description import ElementKind


def devices_of(node: NodeDraft, work: Work) -> Iterator[Inside]:
    """The devices of a node's tunnels; interfaces on networks that tunnels carry are interfaces of the node."""
    for tunnel, _ in node.devices.values():
        inside = work.insides.get(tunnel, {}).get(node.id)
        if inside is not None:
            yield inside


def joining(node: NodeDraft, other: NodeDraft, work: Work) -> list[TunnelId]:
    """The tunnels that have a device at both nodes."""
    return [tunnel for tunnel, _ in node.devices.values() if other.id in work.insides.get(tunnel, {})]


def inside_named(node: NodeDraft, word: Word, place: Place, line: Place, work: Work) -> list[Hop]:
    """The hops of `via tunnel.node`; empty once reported."""
    found = locate(word, work.diagnostics, place, (ElementKind.TUNNEL,))
    if found is None:
        return []
    tunnel = TunnelId(found.element.path)
    named = ends_in_path(found, place, work, f"`via {tunnel}.NODE`: the other end inside", "a node or an address")
    if not named:
        return []
    ends, other = work.insides[tunnel], work.nodes[named[0]]
    if node.id not in ends:
        work.diagnostics.report(
            catalogue.NEXT_HOP_UNREACHABLE,
            f"`{node.id}` cannot reach the next hop `{word.text}`: it is no end of `{tunnel}`",
            line,
            help="a route of an end leads into the tunnel; of others, to an end",
        )
        return []
    if other is node:
        message = f"`{node.id}` cannot be its own next hop"
        work.diagnostics.report(catalogue.NEXT_HOP_IS_SELF, message, place)
        return []
    own, theirs = ends[node.id], ends[other.id]
    if own is None or theirs is None:
        work.diagnostics.report(
            catalogue.WRONG_ELEMENT,
            f"no route leads into `{tunnel}`: what its ends protect enters it",
            place,
            help="`protecting`, or a `child`, says what that is",
        )
        return []
    hops = _hops(own, theirs, other, line)
    if not hops:
        report_bare(tunnel, other.id, place, work)
    return hops


def inside_any(
    node: NodeDraft, other: NodeDraft, tunnels: list[TunnelId], place: Place, line: Place, work: Work
) -> list[Hop]:
    """The hops of `via NODE` where tunnels alone join the two nodes; empty once reported."""
    found: dict[TunnelId, list[Hop]] = {}
    for tunnel in tunnels:
        own, theirs = work.insides[tunnel][node.id], work.insides[tunnel][other.id]
        if own is not None and theirs is not None and (hops := _hops(own, theirs, other, line)):
            found[tunnel] = hops
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        report_bare(tunnels[0], other.id, place, work)
        return []
    names = " and ".join(f"`{tunnel}`" for tunnel in found)
    options = " or ".join(f"`via {end_name(tunnel, other.id)}`" for tunnel in found)
    message = f"`{node.id}` and `{other.id}` share {len(found)} tunnels, {names}"
    work.diagnostics.report(catalogue.NEXT_HOP_AMBIGUOUS, message, place, help=f"say which: {options}")
    return []


def bare_advice(node: NodeDraft, address: Address, work: Work) -> str | None:
    """The remedy for a next hop on no network of a node whose devices have no address of the family."""
    for tunnel, _ in node.devices.values():
        inside = work.insides.get(tunnel, {}).get(node.id)
        if inside is not None and not any(given.version == address.version for given in inside.addresses):
            return f"{GIVES_ADDRESSES}: `{tunnel}` has none of IPv{address.version}"
    return None


def _hops(own: Inside, theirs: Inside, other: NodeDraft, line: Place) -> list[Hop]:
    """The other end's first address of each family that this end has a prefix of."""
    found: dict[int, Hop] = {}
    for given in theirs.addresses:
        if any(holds(mine.network, given.ip) for mine in own.addresses):
            found.setdefault(given.version, Hop(given.ip, own.interface, other.id, line))
    return [found[version] for version in sorted(found)]
