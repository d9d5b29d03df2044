"""`at ADDRESS for NODES`: ends that the others reach at another address than their own."""

from dataclasses import replace

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import Address, NodeId
from netdsl.semantics.bindings import Placed, Who, WhoInterface, WhoNode, WhoPrefix
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.ends import TunnelDraft, ends_named, members_of
from netdsl.semantics.resolve.placement import report_repeated
from netdsl.semantics.resolve.who import who
from netdsl.semantics.resolve.work import InterfaceDraft, Work
from netdsl.syntax import tree as syntax


def set_reached(draft: TunnelDraft, work: Work) -> bool:
    """Gives the ends that the lines name `Named.at`; False once reported. Called when addresses are there."""
    if draft.sides is None:
        return True
    members, is_right = members_of(draft.id, draft.sides), True
    first_of: dict[NodeId, Item] = {}
    found: dict[NodeId, tuple[Address, ...]] = {}
    for statement, item in draft.block.of(syntax.At):
        named = ends_named(statement.nodes, item, members, work)
        addresses = _addresses(statement, item, work)
        is_right = is_right and named is not None and addresses is not None
        for node in named or ():
            first = first_of.setdefault(node.value, item)
            if first is not item:
                report_repeated(f"at … for {node.value}", item, first, work.diagnostics)
                is_right = False
            found[node.value] = addresses or ()
    for side in draft.sides:
        side.named = replace(side.named, at=found.get(side.named.node.id, ()))
    return is_right


def _addresses(statement: syntax.At, item: Item, work: Work) -> tuple[Address, ...] | None:
    """One address, or one of each family of an interface; None once reported."""
    values = evaluate_list((statement.address,), item, work.diagnostics)
    members = [one for value in values for one in who(value, work)]
    if not members:
        return None
    if len(members) == 1:
        found = _of(members[0], work)
        if found:
            return found
        if found is None:
            return None
    message = "one address is needed, or a node or an interface that has it"
    work.diagnostics.report(catalogue.WRONG_ELEMENT, message, members[0].place)
    return None


def _of(one: Placed[Who], work: Work) -> tuple[Address, ...] | None:
    """Empty where it is no single address; None once reported."""
    match one.value:
        case WhoPrefix(prefix=prefix) if prefix.num_addresses == 1:
            return (prefix.network_address,)
        case WhoInterface(node=node, interface=name):
            return _first_of_each(work.nodes[node].interfaces[name])
        case WhoNode(node=node):
            interfaces = [each for each in work.nodes[node].interfaces.values() if each.addresses]
            if len(interfaces) != 1:
                return _report_several(one, node, interfaces, work)
            return _first_of_each(interfaces[0])
        case _:
            return ()


def _first_of_each(interface: InterfaceDraft) -> tuple[Address, ...]:
    return tuple(own[0].ip for own in (interface.of_family(4), interface.of_family(6)) if own)


def _report_several(
    one: Placed[Who], node: NodeId, interfaces: list[InterfaceDraft], work: Work
) -> tuple[Address, ...] | None:
    if not interfaces:
        return None if work.nodes[node].is_broken else ()
    options = " or ".join(f"`at {node}.{interface.name}`" for interface in interfaces[:4])
    message = f"`{node}` has {len(interfaces)} interfaces with an address"
    work.diagnostics.report(catalogue.TUNNEL_END_AMBIGUOUS, message, one.place, help=f"say which: {options}")
    return None
