"""Next hops that no prefix of the node holds: link-local addresses, and those that the other end of a link has borrowed."""

from collections.abc import Iterator
from ipaddress import IPv6Address

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import Address, NetworkId
from netdsl.semantics.resolve.work import Hop, InterfaceDraft, NodeDraft, Work, report_unknown_part
from netdsl.semantics.values import ZonedAddress
from netdsl.source import Place

_MOST_OFFERED = 3


def bare_hops(
    own: InterfaceDraft, theirs: InterfaceDraft, other: NodeDraft, line: Place, uses_ipv6: bool, work: Work
) -> Iterator[Hop]:
    """What an interface on a segment can be reached at by another one there, where no prefix says it."""
    if other.kind.bridges:
        return
    address = _borrowed(own, theirs)
    if address is not None:
        yield Hop(address, own.name, other.id, line)
    link_local = _link_local(own, theirs, uses_ipv6, work)
    if link_local is not None:
        yield Hop(link_local, own.name, other.id, line)


def _borrowed(own: InterfaceDraft, theirs: InterfaceDraft) -> Address | None:
    """An IPv4 address on a link where one of the two has none of its own: the kernel asks for it by ARP as for any other
    (`onlink`)."""
    given = theirs.of_family(4)
    return given[0].ip if given and _is_unnumbered_pair(own, theirs) else None


def _link_local(own: InterfaceDraft, theirs: InterfaceDraft, uses_ipv6: bool, work: Work) -> IPv6Address | None:
    """A given one; where a line of IPv6 has no other, the one by the MAC address, if an interface there has no other."""
    is_bare = theirs.is_unnumbered or own.is_unnumbered or bool(own.link_local) or not theirs.addresses
    return work.link_locals(theirs)[0] if theirs.link_local or (uses_ipv6 and is_bare) else None


def by_borrowed(node: NodeDraft, address: Address, place: Place, line: Place, work: Work) -> list[Hop] | None:
    """The hop of a literal IPv4 address on unnumbered links of the node; empty once reported, None where it is on none."""
    found = {
        own.name: f"`via {theirs.node}.{theirs.name}`"
        for own, theirs in _beside(node, work)
        if any(given.ip == address for given in theirs.of_family(4)) and _is_unnumbered_pair(own, theirs)
    }
    if len(found) < 2:
        return [Hop(address, name, None, line) for name in found] or None
    message = f"the next hop `{address}` is on {len(found)} links of `{node.id}`"
    advice = "say which: " + " or ".join(found.values())
    work.diagnostics.report(catalogue.NEXT_HOP_AMBIGUOUS, message, place, help=advice)
    return []


def by_link_local(node: NodeDraft, address: IPv6Address, place: Place, line: Place, work: Work) -> list[Hop]:
    """The hop of a literal link-local address: by the interface on whose segment a node has it; empty once reported."""
    found: dict[NetworkId, str] = {}
    for own in node.interfaces.values():
        segment = work.segment_of[own.network]
        if any(owner != node.id for owner in work.link_local_owners(segment, address)):
            found.setdefault(segment, own.name)
    names = list(found.values())
    if not names and any(address in work.link_locals(own) for own in node.interfaces.values()):
        _report_self(node, address, place, work)
        return []
    if len(names) == 1 or (not names and len(node.interfaces) == 1):
        return [Hop(address, (names or list(node.interfaces))[0], None, line)]
    if node.is_broken:
        return []
    if names:
        options = " or ".join(f"`{address}%{name}`" for name in names)
        message = f"the next hop `{address}` is on {len(names)} networks of `{node.id}`"
        work.diagnostics.report(catalogue.NEXT_HOP_AMBIGUOUS, message, place, help=f"say by which interface: {options}")
        return []
    message = f"no node on a network of `{node.id}` has the link-local address `{address}`"
    work.diagnostics.report(
        catalogue.NEXT_HOP_UNREACHABLE, message, place, help=_neighbours_advice(node, address, work)
    )
    return []


def by_zone(node: NodeDraft, zoned: ZonedAddress, place: Place, line: Place, work: Work) -> list[Hop]:
    """The hop of `fe80::1%wan`, whether a node has it or not; empty once reported."""
    interface = node.interfaces.get(zoned.zone)
    if interface is None:
        if not node.is_broken:
            advice = work.near(zoned.zone, node.interfaces)
            report_unknown_part(work, f"the node `{node.id}`", zoned.zone, "interface", place, advice)
        return []
    if zoned.address in work.link_locals(interface):
        _report_self(node, zoned.address, place, work)
        return []
    return [Hop(zoned.address, interface.name, None, line)]


def _beside(node: NodeDraft, work: Work) -> Iterator[tuple[InterfaceDraft, InterfaceDraft]]:
    """The node's interfaces, each with those of other nodes on its segment; switches have no addresses."""
    for own in node.interfaces.values():
        for theirs in work.on_segment[work.segment_of[own.network]]:
            if theirs.node != node.id and not work.nodes[theirs.node].kind.bridges:
                yield own, theirs


def _is_unnumbered_pair(own: InterfaceDraft, theirs: InterfaceDraft) -> bool:
    """Whether one of two interfaces borrows its IPv4 address. The own one has to have one too: else the kernel asks for the
    other with that of the interface that was made first (inet_select_addr), which differs from runtime to runtime."""
    return _borrows(own) or (_borrows(theirs) and bool(own.of_family(4)))


def _borrows(interface: InterfaceDraft) -> bool:
    return any(bound.is_borrowed and bound.address.version == 4 for bound in interface.addresses)


def _neighbours_advice(node: NodeDraft, address: IPv6Address, work: Work) -> str | None:
    """Who there is, by name."""
    found = dict.fromkeys(f"`via {theirs.node}.{theirs.name}`" for _, theirs in _beside(node, work))
    named = f"`{address}%{next(iter(node.interfaces))}` says the interface" if node.interfaces else None
    options = " or ".join(list(found)[:_MOST_OFFERED])
    return f"{options}; {named}" if options else named


def _report_self(node: NodeDraft, address: IPv6Address, place: Place, work: Work) -> None:
    message = f"`{address}` is an address of `{node.id}` itself"
    work.diagnostics.report(catalogue.NEXT_HOP_IS_SELF, message, place)
