"""Firewall and NAT of a node: lines in order, names resolved."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.index import FILTERS
from netdsl.ir.filter import Chain, Verdict
from netdsl.ir.service import PortService, Protocol
from netdsl.semantics import defaults
from netdsl.semantics.bindings import (
    BoundDestinationNat,
    BoundFirewall,
    BoundMatch,
    BoundRule,
    BoundSourceNat,
    BoundTunnelAccept,
    Placed,
    Who,
    WhoNetwork,
)
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.clauses import (
    DESTINATION_NAT,
    FILTER,
    NETMAP,
    SOURCE_NAT,
    Clauses,
    clauses,
    match_tunnels,
)
from netdsl.semantics.resolve.placement import Block, report_repeated, sort_block
from netdsl.semantics.resolve.ports import is_one_port, service
from netdsl.semantics.resolve.who import who
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax

FOREIGN_ENGINES = {"nft": FILTERS[0]}
LATER_ENGINES = ("iptables", "ebpf", "bpf", "xdp", "vpp", "ipset", "ovs")


def firewall(node: NodeDraft, work: Work) -> BoundFirewall | None:
    """The node's firewall; several blocks (from templates) add up. None where there is none."""
    blocks = [
        (statement, item, sort_block(item.children, "firewall", work.diagnostics))
        for statement, item in node.block.of(syntax.Firewall)
    ]
    if not blocks:
        return None
    for statement, item, _ in blocks:
        _check_engine(statement, item, work)
    policies, places = _policies([block for _, _, block in blocks], work)
    if not policies:
        _, item, _ = blocks[0]
        message = f"the firewall of `{node.id}` has no `policy`"
        advice = "what no line accepts or drops: `policy drop`, or `policy accept`"
        work.diagnostics.report(catalogue.MISSING_POLICY, message, item.place, help=advice)
    rules: list[BoundRule | BoundTunnelAccept] = []
    for _, _, block in blocks:
        for item in block.items:
            match item.statement:
                case syntax.FilterRule():
                    rules.extend(_rule(node, item.statement, item, work))
                case syntax.AcceptTunnel():
                    rules.extend(_accept_tunnel(item.statement, item, work))
                case _:
                    pass
    return BoundFirewall(policies, tuple(rules), blocks[0][1].place, places, _is_stateless(node, work))


def _is_stateless(node: NodeDraft, work: Work) -> bool:
    blocks = list(node.block.of(syntax.Firewall))
    other = next((one for one in blocks if one[0].is_stateless is not blocks[0][0].is_stateless), None)
    if other is not None:
        message = f"the firewall of `{node.id}` is `stateless` in one block and not in another"
        first = (Label(blocks[0][1].place, "the first block"),)
        advice = "`firewall stateless { … }` for each of them, or for none"
        work.diagnostics.report(catalogue.WRONG_KIND, message, other[1].place, related=first, help=advice)
    return blocks[0][0].is_stateless


def nat(node: NodeDraft, work: Work) -> tuple[tuple[BoundDestinationNat, ...], tuple[BoundSourceNat, ...]]:
    """The node's NAT; several blocks add up."""
    destination: list[BoundDestinationNat] = []
    source: list[BoundSourceNat] = []
    for _, nat_item in node.block.of(syntax.Nat):
        for item in sort_block(nat_item.children, "nat", work.diagnostics).items:
            match item.statement:
                case syntax.DestinationNat():
                    destination.extend(_destination(node, item.statement, item, work))
                case syntax.SourceNat() | syntax.Masquerade():
                    source.extend(_source(node, item.statement, item, work))
                case syntax.Netmap():
                    for there, here in _netmap(node, item.statement, item, work):
                        destination.append(there)
                        source.append(here)
                case _:
                    pass
    return tuple(destination), tuple(source)


def _check_engine(statement: syntax.Firewall, item: Item, work: Work) -> None:
    placed = None if statement.engine is None else attributes.placed(statement.engine, item, work.diagnostics)
    if placed is None:
        return
    if isinstance(placed.value, Word) and placed.value.text in LATER_ENGINES:
        message = f"the engine `{placed.value.text}` is not compiled by this version"
        work.diagnostics.report(
            catalogue.NOT_SUPPORTED_YET, message, placed.place, help=f"`firewall engine {FILTERS[0]}`"
        )
        return
    attributes.word_among(placed, FILTERS, "an engine of packet filters", work.diagnostics, FOREIGN_ENGINES)


def _policies(blocks: list[Block], work: Work) -> tuple[dict[Chain, Verdict], dict[Chain, Place]]:
    """A chain's own policy before the one for all three; chains that nothing names accept. And where each is written."""
    own: dict[Chain, tuple[Verdict, Item]] = {}
    common: tuple[Verdict, Item] | None = None
    for block in blocks:
        for statement, item in block.of(syntax.Policy):
            verdict = Verdict(statement.verdict)
            if verdict is Verdict.REJECT:
                message = "a policy accepts or drops, `reject` is for lines"
                advice = "`policy drop`, with a `reject` line as the last one"
                work.diagnostics.report(catalogue.WRONG_KIND, message, item.place, help=advice)
                verdict = Verdict.DROP
            if not statement.chains:
                if common is not None:
                    report_repeated("policy", item, common[1], work.diagnostics)
                common = common or (verdict, item)
            for name in statement.chains:
                if Chain(name) in own:
                    report_repeated(f"policy {name}", item, own[Chain(name)][1], work.diagnostics)
                own.setdefault(Chain(name), (verdict, item))
    if not own and common is None:
        return {}, {}
    places = {chain: item.place for chain, (_, item) in own.items()}
    if common is not None:
        places = {chain: places.get(chain, common[1].place) for chain in Chain}
    rest = Verdict(defaults.POLICY_OF_UNNAMED_CHAINS) if common is None else common[0]
    return {chain: own[chain][0] if chain in own else rest for chain in Chain}, places


def _rule(node: NodeDraft, statement: syntax.FilterRule, item: Item, work: Work) -> list[BoundRule]:
    read = clauses(node, item, statement.services, statement.clauses, statement.state, FILTER, work)
    chains = tuple(dict.fromkeys(Chain(name) for name in statement.chains))
    if not read.is_right or not _has_flags(read.match, work):
        return []
    return [BoundRule(Verdict(statement.verdict), chains, read.match, read.limit, read.log, read.state, item.place)]


def _has_flags(match: BoundMatch, work: Work) -> bool:
    """Whether packets of the line's services have the flags that it asks for."""
    flags = (*match.flags, *match.not_flags)
    other = next((service for service in match.services if service.protocol is not Protocol.TCP), None)
    if flags and other is not None:
        message = f"packets of {other} have no TCP flags"
        work.diagnostics.report(catalogue.WRONG_KIND, message, flags[0].place, help="a line of its own for TCP")
        return False
    both = next((placed for placed in match.not_flags if placed.value in {one.value for one in match.flags}), None)
    if both is not None:
        message = f"no packet is both with and without `{both.value}`"
        work.diagnostics.report(catalogue.WRONG_KIND, message, both.place)
    return both is None


def _accept_tunnel(statement: syntax.AcceptTunnel, item: Item, work: Work) -> list[BoundTunnelAccept]:
    if statement.verdict != "accept":
        message = f"`{statement.verdict} tunnel` is no line: `accept tunnel` lets the tunnel's own packets pass"
        advice = f"`{statement.verdict} forward through T` is for what the tunnel carries"
        work.diagnostics.report(catalogue.WRONG_KIND, message, item.place, help=advice)
        return []
    found: list[BoundTunnelAccept] = []
    for placed in evaluate_list(statement.tunnels, item, work.diagnostics):
        if isinstance(placed.value, Word):
            tunnels = match_tunnels(placed.value, placed.place, work)
            found.extend(BoundTunnelAccept(one, placed.place) for one in tunnels if one in work.tunnels)
        else:
            work.wrong_kind(placed, "a tunnel's name")
    return found


def _destination(
    node: NodeDraft, statement: syntax.DestinationNat, item: Item, work: Work
) -> list[BoundDestinationNat]:
    read = clauses(node, item, statement.services, statement.clauses, statement.state, DESTINATION_NAT, work)
    target = _target(statement.target, item, work)
    port = None if statement.service is None else _port(statement.service, item, work)
    if not any(clause.word == "to" for clause in statement.clauses):
        message = "`dnat` without `to` would catch every packet"
        work.diagnostics.report(
            catalogue.MISSING_STATEMENT, message, item.place, help="`dnat tcp/80 to ADDRESS -> HOST`"
        )
        return []
    if not read.is_right or target is None or (statement.service is not None and port is None):
        return []
    return [BoundDestinationNat(read.match, target, port, read.state, item.place)]


def _source(
    node: NodeDraft, statement: syntax.SourceNat | syntax.Masquerade, item: Item, work: Work
) -> list[BoundSourceNat]:
    services_ = statement.services if isinstance(statement, syntax.SourceNat) else ()
    word = "snat" if isinstance(statement, syntax.SourceNat) else "masquerade"
    read: Clauses = clauses(node, item, services_, statement.clauses, statement.state, SOURCE_NAT, work)
    target = _target(statement.target, item, work) if isinstance(statement, syntax.SourceNat) else None
    if not _has_out(statement.clauses, word, item, work):
        return []
    if not read.is_right or (target is None and isinstance(statement, syntax.SourceNat)):
        return []
    return [BoundSourceNat(read.match, target, read.state, item.place)]


def _netmap(
    node: NodeDraft, statement: syntax.Netmap, item: Item, work: Work
) -> Iterator[tuple[BoundDestinationNat, BoundSourceNat]]:
    """What goes out by the interface, and what comes in by it."""
    read = clauses(node, item, (), statement.clauses, statement.state, NETMAP, work)
    source, target = (_mapped(value, item, work) for value in (statement.source, statement.target))
    if not _has_out(statement.clauses, "netmap", item, work) or source is None or target is None or not read.is_right:
        return
    going = replace(read.match, sources=(source,))
    coming = replace(
        read.match,
        sources=read.match.destinations,
        destinations=(target,),
        in_interfaces=read.match.out_interfaces,
        out_interfaces=(),
        not_sources=read.match.not_destinations,
        not_destinations=(),
    )
    yield (
        BoundDestinationNat(coming, source, None, read.state, item.place, is_map=True),
        BoundSourceNat(going, target, read.state, item.place, is_map=True),
    )


def _mapped(value: syntax.Value, item: Item, work: Work) -> Placed[Who] | None:
    """A prefix, an address, or who has some."""
    placed = attributes.placed(value, item, work.diagnostics)
    found = [] if placed is None else who(placed, work)
    if len(found) > 1 and placed is not None:
        message = f"one prefix stands on each side, and this names {len(found)}"
        work.diagnostics.report(catalogue.WRONG_ELEMENT, message, placed.place, help="a `netmap` line for each")
    return found[0] if len(found) == 1 else None


def _has_out(lines: tuple[syntax.Clause, ...], word: str, item: Item, work: Work) -> bool:
    if any(clause.word == "out" for clause in lines):
        return True
    message = f"`{word}` needs the interface that the packets leave by"
    work.diagnostics.report(catalogue.MISSING_STATEMENT, message, item.place, help=f"`{word} … out IF`")
    return False


def _target(value: syntax.Value, item: Item, work: Work) -> Placed[Who] | None:
    """One host: a node, an interface, an address."""
    placed = attributes.placed(value, item, work.diagnostics)
    if placed is None:
        return None
    if not isinstance(placed.value, Word | IPv4Address | IPv6Address):
        work.wrong_kind(placed, "a node or an address")
        return None
    found = who(placed, work)
    if len(found) == 1 and not isinstance(found[0].value, WhoNetwork):
        return found[0]
    if found:
        many = "a network" if isinstance(found[0].value, WhoNetwork) else f"{len(found)} of them"
        shown = placed.value.text if isinstance(placed.value, Word) else str(placed.value)
        message = f"one host must stand here, and `{shown}` is {many}"
        work.diagnostics.report(catalogue.WRONG_ELEMENT, message, placed.place)
    return None


def _port(value: syntax.Value, item: Item, work: Work) -> PortService | None:
    """The service behind a target: one port."""
    placed = attributes.placed(value, item, work.diagnostics)
    found = None if placed is None else service(placed, work)
    if placed is None or found is None:
        return None
    if len(found) == 1 and is_one_port(found[0]):
        return found[0]
    work.diagnostics.report(
        catalogue.WRONG_KIND, "one port must stand here", placed.place, help="as in `-> server tcp/8080`"
    )
    return None
