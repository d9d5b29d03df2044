"""Addresses that no prefix of a network holds: link-local ones, and those that an interface borrows (RFC 1812 §2.2.7)."""

from ipaddress import IPv6Address, ip_interface
from typing import TypeGuard

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import Address
from netdsl.ir.link_local import LINK_LOCAL
from netdsl.semantics.bindings import BoundAddress, Placed
from netdsl.semantics.resolve.work import InterfaceDraft, NodeDraft, Work, report_unknown_part
from netdsl.semantics.texts import text_of
from netdsl.semantics.values import Value, Word
from netdsl.source import Place

LOOPBACK = "lo"


def is_link_local(value: Value) -> TypeGuard[IPv6Address]:
    return isinstance(value, IPv6Address) and value.is_link_local


def take_link_local(
    interface: InterfaceDraft, address: IPv6Address, length: int | None, place: Place, work: Work
) -> None:
    """Gives an interface a link-local address as written, or reports what is wrong with it."""
    if address not in LINK_LOCAL or address == LINK_LOCAL[0]:
        message = f"no interface can have the link-local address `{address}`"
        advice = f"they are of `{LINK_LOCAL}`, from `{LINK_LOCAL[1]}`"
    elif length not in (None, LINK_LOCAL.prefixlen):
        message = f"`{address}` has the prefix `{LINK_LOCAL}`, as every link-local address, and no /{length}"
        advice = f"`{address}`"
    else:
        interface.link_local.append(Placed(address, place))
        return
    work.diagnostics.report(catalogue.RESERVED_ADDRESS, message, place, help=advice)
    interface.is_broken = work.nodes[interface.node].is_broken = True


def borrow(node: NodeDraft, work: Work) -> None:
    """Gives the node's unnumbered interfaces their addresses: those that say so, and those without addresses on a network
    without prefixes, which borrow of the loopback what it has."""
    for interface in node.interfaces.values():
        if interface.is_broken or node.kind.bridges:
            continue
        if interface.lender is not None:
            _borrow_from(node, interface, interface.lender, work)
        elif interface.wants_addresses and not work.networks[interface.network].prefixes:
            interface.is_unnumbered = True
            lent = _of_loopback(node)
            interface.addresses += [BoundAddress(ip_interface(one), interface.place, is_borrowed=True) for one in lent]


def _borrow_from(node: NodeDraft, interface: InterfaceDraft, lender: Placed[Value], work: Work) -> None:
    found = _lent(node, interface, lender, work)
    if found is None:
        interface.is_broken = node.is_broken = True
        return
    own = {bound.address.version for bound in interface.addresses}
    lent = [one for one in found if one.version not in own]
    interface.is_unnumbered = True
    interface.addresses += [BoundAddress(ip_interface(one), lender.place, is_borrowed=True) for one in lent]
    if lent or any(other.is_broken for other in node.interfaces.values()):
        return
    name = text_of(lender.value)
    if found:
        message = f"`{node.id}.{interface.name}` has addresses of its own of each family of `{name}`"
        advice: str | None = f"leave `unnumbered {name}` out"
    else:
        message = f"`{name}` of `{node.id}` has no address that `{interface.name}` could borrow"
        advice = "`loopback ADDRESS` in the node gives it one" if name == LOOPBACK else None
    work.diagnostics.report(catalogue.NOTHING_TO_BORROW, message, lender.place, help=advice)
    interface.is_broken = node.is_broken = True


def _lent(node: NodeDraft, interface: InterfaceDraft, lender: Placed[Value], work: Work) -> list[Address] | None:
    """What there is to borrow, the first address of each family; None once reported."""
    if not isinstance(lender.value, Word):
        work.wrong_kind(lender, f"`{LOOPBACK}` or an interface of the node")
        return None
    name = lender.value.text
    if name == LOOPBACK:
        return _of_loopback(node)
    other = node.interfaces.get(name)
    if other is None or other is interface:
        if other is None and node.is_broken:
            return None
        others = [one for one in node.interfaces if one != interface.name]
        report_unknown_part(
            work,
            f"the node `{node.id}`",
            name,
            "other interface",
            lender.place,
            work.near(name, (*others, LOOPBACK)),
        )
        return None
    lent: dict[int, Address] = {}
    for bound in other.addresses:
        if not bound.is_borrowed:
            lent.setdefault(bound.address.version, bound.address.ip)
    return list(lent.values())


def _of_loopback(node: NodeDraft) -> list[Address]:
    """The first of each family that no other node has."""
    found: dict[int, Address] = {}
    for own in node.loopbacks:
        if own.value.ip not in node.shared:
            found.setdefault(own.value.version, own.value.ip)
    return list(found.values())
