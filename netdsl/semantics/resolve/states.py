"""Expectations about the state of tunnels: what kinds of tunnels have one, names resolved."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.expectation import Begun, BehindNat, Form, Given, HasForm, StateClaim, Uses
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.packets.state import Fault, state_of, without_state
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import CheckItem
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.clauses import children_of, tunnel_and_child
from netdsl.semantics.resolve.goals import sources_of
from netdsl.semantics.resolve.work import Work, report_unknown_part
from netdsl.semantics.scopes import find
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

Named = tuple[TunnelId, str | None]
"""A tunnel, or a child of it."""

Part = tuple[TunnelId, str | None, NodeId | None]
"""A tunnel, a child of it, or what one of its ends has of it."""


def tunnels_named(values: tuple[syntax.Value, ...], item: CheckItem, work: Work) -> list[Placed[Named]]:
    """`T`, `T.child`, patterns of tunnels; wrong ones are reported and left out."""
    found: list[Placed[Named]] = []
    for placed in evaluate_list(values, item, work.diagnostics):
        found.extend(_named(placed, work))
    return found


def _named(placed: Placed[Value], work: Work) -> list[Placed[Named]]:
    if not isinstance(placed.value, Word):
        work.wrong_kind(placed, "a tunnel's name")
        return []
    if "*" in placed.value.text:
        members = work.match(placed.value, placed.place, (ElementKind.TUNNEL,))
        named = ((TunnelId(one.element.path), ".".join(one.rest) or None) for one in members)
        return [Placed(one, placed.place) for one in named]
    tunnel = tunnel_and_child(placed.value, placed.place, work)
    return [] if tunnel is None else [Placed(tunnel, placed.place)]


def _parts(placed: Placed[Value], work: Work) -> list[Placed[Part]]:
    """`T.NODE` too, where no child is called so."""
    if isinstance(placed.value, Word) and "*" not in placed.value.text:
        found = find(placed.value)
        is_tunnel = found is not None and found.element.kind is ElementKind.TUNNEL
        if (
            found is not None
            and is_tunnel
            and found.rest
            and ".".join(found.rest) not in children_of(found.element.item)
        ):
            tunnel = TunnelId(found.element.path)
            end = find(Word(".".join(found.rest), found.element.item.scope))
            node = None if end is None or end.rest else NodeId(end.element.path)
            if node in work.insides.get(tunnel, {}):
                return [Placed((tunnel, None, node), placed.place)]
    return [Placed((*one.value, None), one.place) for one in _named(placed, work)]


def state_claims(check: syntax.CheckState, item: CheckItem, work: Work) -> list[StateClaim]:
    match check:
        case syntax.CheckUses():
            return _uses(check, item, work)
        case syntax.CheckEnds():
            claim = Begun if check.state == "begun" else BehindNat
            return _of_ends(check.tunnels, check.nodes, claim, check.is_negative, item, work)
        case syntax.CheckForm():
            named, form = _with_state(check.tunnels, item, work), Form(check.form)
            if not work.may_expect(len(named), item.place):
                return []
            return [HasForm(*one.value, check.is_negative, form) for one in named]
        case syntax.CheckGiven():
            return _given(check, item, work)


def _with_state(values: tuple[syntax.Value, ...], item: CheckItem, work: Work) -> list[Placed[Part]]:
    """The tunnels that can be asked; unknown-state for others."""
    parts = (part for placed in evaluate_list(values, item, work.diagnostics) for part in _parts(placed, work))
    return [part for part in parts if _has_state(part, work)]


def _has_state(named: Placed[Part], work: Work) -> bool:
    """False once reported, and where the tunnel is broken."""
    tunnel = work.tunnels.get(named.value[0])
    if tunnel is None or state_of(tunnel.kind) is not None:
        return tunnel is not None
    advice = f"what can be asked is `{tunnel.id} is up`, and what passes through it"
    message = without_state(tunnel.id, tunnel.kind)
    work.diagnostics.report(catalogue.UNKNOWN_STATE, message, named.place, help=advice)
    return False


# --- what is used


def _uses(check: syntax.CheckUses, item: CheckItem, work: Work) -> list[StateClaim]:
    protocol = _text(check.protocol, "a protocol", item, work)
    algorithms = None if check.algorithms is None else _text(check.algorithms, "the name of an algorithm", item, work)
    if protocol is None or (check.algorithms is not None and algorithms is None):
        return []
    named = [(one, work.tunnels[one.value[0]].kind) for one in _with_state(check.tunnels, item, work)]
    if not work.may_expect(len(named), item.place):
        return []
    words = {kind: _words(kind, protocol, algorithms, work) for kind in dict.fromkeys(kind for _, kind in named)}
    said = ((one.value, words[kind]) for one, kind in named)
    return [Uses(*tunnel, check.is_negative, protocol.value, found) for tunnel, found in said if found is not None]


def _words(kind: str, protocol: Placed[str], algorithms: Placed[str] | None, work: Work) -> tuple[str, ...] | None:
    """None once reported."""
    state = state_of(kind)
    assert state is not None, "asked before"
    if protocol.value not in state.PROTOCOLS:
        known = ", ".join(f"`{one}`" for one in state.PROTOCOLS)
        advice = did_you_mean(protocol.value, state.PROTOCOLS) or f"there are {known}"
        message = f"the tunnel has no protocol `{protocol.value}`"
        work.diagnostics.report(catalogue.UNKNOWN_STATE, message, protocol.place, help=advice)
        return None
    if algorithms is None:
        return ()
    found = state.algorithms(protocol.value, algorithms.value)
    if isinstance(found, Fault):
        work.diagnostics.report(catalogue.UNKNOWN_STATE, found.message, algorithms.place, help=found.help)
        return None
    return found


def _text(value: syntax.Value, needed: str, item: CheckItem, work: Work) -> Placed[str] | None:
    placed = attributes.placed(value, item, work.diagnostics)
    if placed is None:
        return None
    text = placed.value.text if isinstance(placed.value, Word) else placed.value
    if isinstance(text, str):
        return Placed(text, placed.place)
    work.wrong_kind(placed, needed)
    return None


# --- ends


def _of_ends(
    tunnels: tuple[syntax.Value, ...],
    values: tuple[syntax.Value, ...],
    claim: Callable[[TunnelId, str | None, NodeId | None, bool, NodeId], StateClaim],
    is_negative: bool,
    item: CheckItem,
    work: Work,
) -> list[StateClaim]:
    named, nodes = _with_state(tunnels, item, work), sources_of(values, item, work) or ()
    if not work.may_expect(len(named) * len(nodes), item.place):
        return []
    place = Place(values[0].span, item.via)
    return [
        claim(*one.value, is_negative, node)
        for one in named
        for node in nodes
        if _is_end(one.value[0], node, place, work)
    ]


def _is_end(tunnel: TunnelId, node: NodeId, place: Place, work: Work) -> bool:
    ends = work.insides.get(tunnel, {})
    if node in ends:
        return True
    if ends:
        advice = "its ends are " + ", ".join(f"`{one}`" for one in ends)
        report_unknown_part(work, f"the tunnel `{tunnel}`", node, "end", place, advice)
    return False


def _given(check: syntax.CheckGiven, item: CheckItem, work: Work) -> list[StateClaim]:
    named, nodes = _with_state((check.tunnel,), item, work), sources_of(check.nodes, item, work) or ()
    addresses = [_address(placed, work) for placed in evaluate_list(check.addresses, item, work.diagnostics)]
    if not work.may_expect(len(named) * len(nodes) * len(addresses), item.place):
        return []
    place = Place(check.nodes[0].span, item.via)
    return [
        Given(*one.value, check.is_negative, node, address)
        for one in named
        for node in nodes
        if _is_end(one.value[0], node, place, work)
        for address in addresses
        if address is not None
    ]


def _address(placed: Placed[Value], work: Work) -> Address | None:
    if isinstance(placed.value, IPv4Address | IPv6Address):
        return placed.value
    work.wrong_kind(placed, "an address")
    return None
