"""`filter.nft`: the packet filter and address translation of a node, and what changes while a tunnel is up.

The order of the parts, and why each is there: `README.md`, '`filter.nft`, by templates'.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import cache
from itertools import groupby

from netdsl.dataclass import dataclass
from netdsl.ir.ends import Ends, ends_of
from netdsl.ir.filter import (
    Chain,
    DestinationNat,
    FilterRule,
    Firewall,
    Match,
    SourceNat,
    TunnelAccept,
    Verdict,
    WhileTunnel,
)
from netdsl.ir.ids import TunnelId
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Selectors
from netdsl.payload.contract import PayloadFile
from netdsl.payload.quoting import flat

from .flows import flows
from .guard import CARRIERS
from .match import carrier_rules, match_rules, prefix_set
from .quoting import nft_log_prefix, nft_string

_TABLE = "inet netdsl"

_BASE = """\
\tchain closed_in {
\t\ttype filter hook prerouting priority raw; policy accept;
\t\tiifname "mgmt" accept
\t\ticmp type redirect drop
\t\ticmpv6 type nd-redirect drop
\t}
\tchain closed_out {
\t\ttype filter hook output priority raw; policy accept;
\t\tip daddr 127.0.0.11 reject
\t}
\tchain closed_forward {
\t\ttype filter hook forward priority raw; policy accept;
\t\tiifname "mgmt" drop
\t\toifname "mgmt" drop
\t}
"""

_UNTRACKED = """\
\tchain untracked_in {
\t\ttype filter hook prerouting priority raw; policy accept;
\t\tnotrack
\t}
\tchain untracked_out {
\t\ttype filter hook output priority raw; policy accept;
\t\tnotrack
\t}
"""

_DAEMON_MARK = "0x42"  # kept out of the routes into tunnels (the payload of the daemon reads it)

_NEIGHBOUR_DISCOVERY = (
    "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept"
)
_VERDICTS = {Verdict.ACCEPT: "accept", Verdict.DROP: "drop", Verdict.REJECT: "reject"}
_SECONDS = {"s": "second", "min": "minute", "h": "hour"}


def filter_files(node: Node) -> tuple[PayloadFile, ...]:
    """`filter.nft` of every node, and `while/…` for the tunnels that its rules hold for."""
    if node.firewall is None and not node.tunnels and not node.nat.destination and not node.nat.source:
        return (PayloadFile("filter.nft", _plain()),)
    draft = _Draft(ends_of(node))
    parts = [_BASE, _daemon_marks(node)]
    if node.firewall is not None:
        parts.append(_firewall(node.firewall, draft))
    parts.append(_destination_nat(node.nat.destination, draft))
    parts.append(_source_nat(node.nat.source, draft))
    files = [PayloadFile("filter.nft", _table("".join((*draft.declared(), *parts))))]
    files += draft.while_files(has_dnat=bool(node.nat.destination))
    return tuple(files)


def _daemon_marks(node: Node) -> str:
    """Packets for the daemons of tunnels whose policies a device stands in for: strict reverse-path filtering has to look
    their source up as the daemon's own packets are."""
    carriers = dict.fromkeys(
        carrier
        for end in node.tunnels
        if isinstance(end.steering, Selectors) and end.steering.stand_in
        for carrier in end.carriers
        if carrier.ports
    )
    rules = [
        f"fib daddr type local {packets} meta mark set {_DAEMON_MARK}"
        for packets in carrier_rules(tuple(carriers), is_in=True, is_peer_known=False)
    ]
    head = "\t\ttype filter hook prerouting priority mangle; policy accept;\n"
    return _chain("ike_mark", rules, head) if rules else ""


@cache
def _plain() -> bytes:
    return _table(_BASE)


def _table(body: str) -> bytes:
    return f"table {_TABLE}\ndelete table {_TABLE}\ntable {_TABLE} {{\n{body}}}\n".encode()


@dataclass(slots=True)
class _Draft:
    """A rule set in the making: chains that other chains jump to, those of `while` rules with what they hold."""

    tunnels: dict[TunnelId, Ends]
    plain: dict[str, list[str]] = field(default_factory=dict)
    conditional: dict[str, tuple[WhileTunnel, list[str], list[Match]]] = field(default_factory=dict)

    def place(self, state: WhileTunnel | None, hook: str, rules: list[str], matches: Sequence[Match]) -> list[str]:
        """The lines for the chain itself: the rules, or a jump to a chain that holds them while the tunnel is so."""
        if state is None:
            return rules
        base = f"while_{_tunnel_name(state)}_{hook}"
        name, number = base, 1
        while name in self.conditional:
            number += 1
            name = f"{base}_{number}"
        self.conditional[name] = (state, rules, list(matches))
        return [f"jump {name}"]

    def chain(self, base: str, rules: list[str]) -> str:
        name = f"{base}_{len(self.plain) + 1}"
        self.plain[name] = rules
        return name

    def declared(self) -> Iterator[str]:
        """The chains that others jump to, in the state in which every tunnel is down."""
        for name, (state, rules, _) in self.conditional.items():
            yield _chain(name, [] if state.is_up else rules)
        for name, rules in self.plain.items():
            yield _chain(name, rules)

    def while_files(self, *, has_dnat: bool) -> list[PayloadFile]:
        files: list[PayloadFile] = []
        for tunnel in dict.fromkeys(_tunnel_name(state) for state, _, _ in self.conditional.values()):
            chains = [(name, *rest) for name, rest in self.conditional.items() if _tunnel_name(rest[0]) == tunnel]
            for now in ("up", "down"):
                text = "".join(f"flush chain {_TABLE} {name}\n" for name, *_ in chains)
                for name, state, rules, _ in chains:
                    if state.is_up == (now == "up"):
                        text += "".join(f"add rule {_TABLE} {name} {rule}\n" for rule in rules)
                files.append(PayloadFile(f"while/{tunnel}.{now}.nft", text.encode()))
            forgotten = dict.fromkeys(
                flow for name, _, _, matches in chains for match in matches for flow in flows(match, name, has_dnat)
            )
            files.append(PayloadFile(f"while/{tunnel}.conntrack", "".join(forgotten).encode()))
        return files


def _tunnel_name(state: WhileTunnel) -> str:
    return flat(state.tunnel) + (f".{state.child}" if state.child else "")


def _chain(name: str, rules: Iterable[str], head: str = "") -> str:
    body = "".join(f"\t\t{rule}\n" for rule in rules)
    return f"\tchain {name} {{\n{head}{body}\t}}\n"


# --- firewall


def _firewall(firewall: Firewall, draft: _Draft) -> str:
    chains = (_filter_chain(chain, policy, firewall, draft) for chain, policy in firewall.policies)
    return "".join([_UNTRACKED if firewall.is_stateless else "", *chains])


def _filter_chain(chain: Chain, policy: Verdict, firewall: Firewall, draft: _Draft) -> str:
    head = f"\t\ttype filter hook {chain} priority filter; policy {'accept' if policy is Verdict.ACCEPT else 'drop'};\n"
    rules = []
    if chain is not Chain.FORWARD:
        key = "iifname" if chain is Chain.INPUT else "oifname"
        rules.append(f'{key} {{ "lo", "mgmt" }} accept')
        rules.append(f"{key} {CARRIERS} accept")  # the guard lets nothing over them but segments of the lab
    if not firewall.is_stateless:
        rules.append("ct state established,related accept")
    if chain is not Chain.FORWARD:
        rules.append(_NEIGHBOUR_DISCOVERY)
    mine = [rule for rule in firewall.rules if isinstance(rule, TunnelAccept) or rule.chain is chain]
    for state, run in groupby(mine, key=lambda rule: None if isinstance(rule, TunnelAccept) else rule.state):
        together = list(run)
        texts = [text for rule in together for text in _filter_rule(rule, chain, draft)]
        matches = [rule.match for rule in together if isinstance(rule, FilterRule)]
        rules += draft.place(state, chain.value, texts, matches)
    if policy is Verdict.REJECT:
        rules.append("reject")
    return _chain(chain.value, rules, head)


def _filter_rule(rule: FilterRule | TunnelAccept, chain: Chain, draft: _Draft) -> list[str]:
    if isinstance(rule, TunnelAccept):
        return _tunnel_accept(rule, chain, draft)
    tail = []
    if rule.limit is not None:
        tail.append(f"limit rate {rule.limit.count}/{_SECONDS[rule.limit.per]}")
    if rule.log is not None:
        tail.append(f"log prefix {nft_log_prefix(rule.log)}")
    tail.append(_VERDICTS[rule.verdict])
    return [_join(match, *tail) for match in match_rules(rule.match, chain, draft.tunnels)]


def _tunnel_accept(rule: TunnelAccept, chain: Chain, draft: _Draft) -> list[str]:
    """The outer packets, to and from the other ends. Those of a device may leave by another tunnel's interface."""
    if chain is Chain.FORWARD:
        return []
    tunnel = draft.tunnels.get(rule.tunnel)
    is_in = chain is Chain.INPUT
    mine, theirs, key = ("daddr", "saddr", "iifname") if is_in else ("saddr", "daddr", "oifname")
    interface = f"{key} {nft_string(tunnel.outer)}" if tunnel and tunnel.outer and tunnel.device is None else ""
    rules = []
    for family, word in ((4, "ip"), (6, "ip6")):
        local = [a for a in rule.local if a.version == family]
        peers = [a for a in rule.peers if a.version == family]
        if not (local or peers) or (rule.peers and not peers):
            continue
        addresses = _join(
            f"{word} {theirs} {_address_set(peers)}" if peers else "",
            f"{word} {mine} {_address_set(local)}" if local else "",
        )
        for packets in carrier_rules(rule.carriers, is_in=is_in, is_peer_known=bool(rule.peers)):
            rules.append(_join(interface, addresses, packets, "accept"))
    return rules


def _address_set(addresses: Sequence[object]) -> str:
    texts = sorted({str(address) for address in addresses})
    return texts[0] if len(texts) == 1 else "{ " + ", ".join(texts) + " }"


# --- address translation


def _destination_nat(rules: Sequence[DestinationNat], draft: _Draft) -> str:
    if not rules:
        return ""
    lines: dict[str, list[str]] = {"prerouting": [], "dnat_output": []}
    for rule in rules:
        for hook, chain in lines.items():
            if hook == "dnat_output" and rule.match.in_interfaces:
                continue
            chain += draft.place(rule.state, hook, _dnat_rule(rule, hook, draft), (rule.match,))
    heads = {
        "prerouting": "\t\ttype nat hook prerouting priority dstnat; policy accept;\n",
        "dnat_output": "\t\ttype nat hook output priority -100; policy accept;\n",
    }
    return "".join(_chain(hook, lines[hook], head) for hook, head in heads.items())


def _dnat_rule(rule: DestinationNat, hook: str, draft: _Draft) -> list[str]:
    family, version = ("ip6", 6) if rule.address.version == 6 else ("ip", 4)
    address = f"[{rule.address}]" if version == 6 and rule.port is not None else str(rule.address)
    target = address if rule.port is None else f"{address}:{rule.port}"
    head, action = f"meta nfproto ipv{version}", f"dnat {family} to {target}"
    if rule.prefix is not None:
        head, action = "", f"dnat {family} prefix to {rule.prefix}"
    rules = [_join(head, match, action) for match in match_rules(rule.match, None, draft.tunnels)]
    exceptions = list(_exceptions(rule.match, Chain.INPUT if hook == "prerouting" else None, draft))
    return [f"jump {draft.chain('dnat', [*exceptions, *rules])}"] if exceptions else rules


def _source_nat(rules: Sequence[SourceNat], draft: _Draft) -> str:
    if not rules:
        return ""
    lines = ['oifname "mgmt" accept']
    for rule in rules:
        lines += draft.place(rule.state, "postrouting", _snat_rule(rule, draft), (rule.match,))
    head = "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
    return _chain("postrouting", lines, head)


def _snat_rule(rule: SourceNat, draft: _Draft) -> list[str]:
    action = ["masquerade"]
    if rule.address is not None:
        family, version = ("ip6", 6) if rule.address.version == 6 else ("ip", 4)
        action = [f"meta nfproto ipv{version} {family} saddr != {rule.address} snat {family} to {rule.address}"]
        if rule.prefix is not None:
            action = [f"snat {family} prefix to {rule.prefix}"]
    exceptions = list(_exceptions(rule.match, Chain.OUTPUT, draft))
    matches = match_rules(rule.match, None, _without_outer(draft.tunnels, rule.match.not_through_kinds))
    if not exceptions:
        return [_join(match, text) for match in matches for text in action]
    name = draft.chain("snat", [*exceptions, *action])
    return [_join(match, f"jump {name}") for match in matches]


def _without_outer(tunnels: dict[TunnelId, Ends], kinds: Sequence[str]) -> dict[TunnelId, Ends]:
    """For `except through KIND`: what the device in the policies' place is about to take is not even looked at."""
    return {name: replace(tunnel, outer=None) if tunnel.kind in kinds else tunnel for name, tunnel in tunnels.items()}


def _exceptions(match: Match, chain: Chain | None, draft: _Draft) -> Iterator[str]:
    """`chain`: where packets come out of tunnels or go into them; None: what the node sends, which came out of none."""
    if chain is not None and (match.not_through or match.not_through_kinds):
        through = Match(through=match.not_through, through_kinds=match.not_through_kinds)
        for rule in match_rules(through, chain, draft.tunnels):
            yield _join(rule, "return")
    for family, word in ((4, "ip"), (6, "ip6")):
        for key, excepted in (("saddr", match.not_sources), ("daddr", match.not_destinations)):
            prefixes = [prefix for prefix in excepted if prefix.version == family]
            if prefixes:
                yield f"{word} {key} {prefix_set(prefixes)} return"


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
