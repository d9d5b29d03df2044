"""`tunnel.node`: the address that a node has inside a tunnel."""

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import NodeId, TunnelId, end_name
from netdsl.semantics.bindings import Inside
from netdsl.semantics.resolve.work import Work, report_unknown_part
from netdsl.semantics.scopes import Found, find, natural_key, segment_matches
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax.description import ElementKind

GIVES_ADDRESSES = "`addresses PREFIX` in the tunnel gives both ends one"


def names_tunnel(word: Word) -> bool:
    """Whether a path begins with a tunnel: what follows is one of its ends, or a pattern of them."""
    segments = word.text.split(".")
    length = next((number for number, segment in enumerate(segments) if "*" in segment), len(segments))
    found = find(Word(".".join(segments[:length]), word.scope)) if length else None
    return found is not None and found.element.kind is ElementKind.TUNNEL


def ends_in_path(
    one: Found, place: Place, work: Work, help_text: str, needed: str = "a node, a network or an address"
) -> list[NodeId]:
    """The ends of a tunnel that the rest of a path names, as nodes are written in the tunnel's own scope; sorted where it
    is a pattern. Empty once reported, and where the tunnel is broken. `needed`, `help_text`: for a tunnel's name alone."""
    path = one.element.path
    if not one.rest:
        message = f"{needed} must stand here, and `{path}` is a tunnel"
        work.diagnostics.report(catalogue.WRONG_ELEMENT, message, place, help=help_text)
        return []
    ends = work.insides.get(TunnelId(path))
    if ends is None:
        return []  # an error in the tunnel was reported
    name = ".".join(one.rest)
    if "*" in name:
        whole = f"{path}.{name}"
        found = sorted(
            (node for node in ends if segment_matches(whole, end_name(TunnelId(path), node))), key=natural_key
        )
        if not found:
            message = f"`{name}` matches no end of the tunnel `{path}`"
            work.diagnostics.report(catalogue.NO_MATCH, message, place)
        return found
    end = find(Word(name, one.element.item.scope))
    if end is not None and end.element.kind is ElementKind.NODE and not end.rest and NodeId(end.element.path) in ends:
        return [NodeId(end.element.path)]
    advice = "its ends are " + ", ".join(f"`{node}`" for node in ends)
    report_unknown_part(work, f"the tunnel `{path}`", name, "end", place, advice)
    return []


def inside_of(tunnel: TunnelId, node: NodeId, place: Place, work: Work) -> Inside | None:
    """How an end is inside, with an address at least; None once reported."""
    inside = work.insides[tunnel][node]
    if inside is None:
        work.diagnostics.report(
            catalogue.WRONG_ELEMENT,
            f"`{node}` has no address of its own inside `{tunnel}`",
            place,
            "what its ends protect enters the tunnel, with the addresses that it has",
            help=f"`{node}`, or one of its interfaces: `{node}.INTERFACE`",
        )
        return None
    if not inside.addresses:
        report_bare(tunnel, node, place, work)
        return None
    return inside


def report_bare(tunnel: TunnelId, node: NodeId, place: Place, work: Work) -> None:
    """tunnel-without-addresses, where the end's device has no address."""
    draft, inside = work.nodes[node], work.insides[tunnel][node]
    interface = None if inside is None else draft.interfaces.get(inside.interface)
    if draft.is_broken or (interface is not None and work.networks[interface.network].is_broken):
        return
    if interface is not None:
        message = f"`{node}` has no address inside `{tunnel}`: `{interface.network}` has no prefix"
        work.diagnostics.report(catalogue.NETWORK_WITHOUT_PREFIX, message, place)
        return
    message = f"`{node}` has no address inside `{tunnel}`"
    work.diagnostics.report(catalogue.TUNNEL_WITHOUT_ADDRESSES, message, place, help=GIVES_ADDRESSES)
