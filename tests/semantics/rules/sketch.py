"""Labs for the rules' tests, without a source: each thing's place is a text of its own, so that a test can name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_interface, ip_network

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.ir.expectation import Claim, Expectation, Expected, WhileState
from netdsl.ir.filter import Chain, Limit, Verdict
from netdsl.ir.ids import NetworkId, NodeId, PkiId, TunnelId
from netdsl.ir.kind_names import named_services
from netdsl.ir.node import NodeKind
from netdsl.ir.service import WITH_PORTS, PortService, port
from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec.bindings import BoundAuth, BoundIpsec, BoundIpsecChild, bound_tunnel
from netdsl.kinds.ipsec.ir import AuthMethod, DpdAction
from netdsl.lower.lower import lower
from netdsl.packets.world import World
from netdsl.semantics.bindings import (
    Bindings,
    BoundAddress,
    BoundChild,
    BoundDestinationNat,
    BoundEnd,
    BoundFirewall,
    BoundInterface,
    BoundMatch,
    BoundNetwork,
    BoundNode,
    BoundPki,
    BoundRoute,
    BoundRule,
    BoundService,
    BoundSourceNat,
    BoundStart,
    BoundState,
    BoundTunnel,
    BoundTunnelAccept,
    Placed,
    Who,
    WhoInterface,
    WhoNetwork,
    WhoNode,
    WhoPrefix,
)
from netdsl.semantics.rules import check_rules
from netdsl.semantics.zones import BoundNames
from netdsl.source import Place, SourceFile, Span
from netdsl.verify.findings import check_findings

CHAINS = (Chain.INPUT, Chain.OUTPUT, Chain.FORWARD)


def place(text: str) -> Place:
    return Place(Span(SourceFile("lab.net", text), 0, len(text)))


def service(text: str) -> tuple[PortService, ...]:
    """`tcp/80`, `udp/1-9`, or the name of a built-in service."""
    if text in named_services():
        return named_services()[text]
    protocol, _, ports = text.partition("/")
    first, _, last = ports.partition("-")
    return (port(WITH_PORTS[protocol], int(first), int(last or first)),)


def services(text: str) -> tuple[PortService, ...]:
    return tuple(one for word in text.split() for one in service(word))


@dataclass
class Sketch:
    """A lab in the making. Interfaces are called as their networks unless `name:network` says so."""

    networks: dict[NetworkId, BoundNetwork] = field(default_factory=dict)
    nodes: dict[NodeId, BoundNode] = field(default_factory=dict)
    tunnels: dict[TunnelId, BoundTunnel] = field(default_factory=dict)
    pkis: dict[PkiId, BoundPki] = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)

    def network(self, name: str, *prefixes: str, mtu: int | None = None) -> "Sketch":
        bound = BoundNetwork(
            NetworkId(name), tuple(map(ip_network, prefixes)), None, mtu, None, False, place(f"network {name}")
        )
        self.networks[bound.id] = bound
        return self

    def host(self, name: str, **interfaces: str) -> "Sketch":
        return self.node(NodeKind.HOST, name, interfaces)

    def router(self, name: str, **interfaces: str) -> "Sketch":
        return self.node(NodeKind.ROUTER, name, interfaces)

    def node(self, kind: NodeKind, name: str, interfaces: Mapping[str, str]) -> "Sketch":
        """`interfaces`: network → addresses with prefix lengths, separated by blanks."""
        bound = BoundNode(
            id=NodeId(name),
            kind=kind,
            host_name=name,
            interfaces=tuple(self._interface(name, *entry) for entry in interfaces.items()),
            place=place(f"{kind} {name}"),
        )
        self.nodes[bound.id] = bound
        return self

    def _interface(self, node: str, network: str, addresses: str) -> BoundInterface:
        bound = tuple(
            BoundAddress(ip_interface(address), place(f"{address} of {node}")) for address in addresses.split()
        )
        at = place(f"interface {network} of {node}")
        return BoundInterface(NodeId(node), network, NetworkId(network), bound, None, None, at)

    def change(self, node: str, **fields: object) -> "Sketch":
        """Any field of a node."""
        self.nodes[NodeId(node)] = replace(self.nodes[NodeId(node)], **fields)  # type: ignore[arg-type]
        return self

    def route(self, node: str, prefix: str, via: str) -> "Sketch":
        """By the interface whose network holds the next hop; `default` for a default route."""
        bound, hop = self.nodes[NodeId(node)], ip_address(via)
        leg = next(leg.name for leg in bound.interfaces for entry in leg.addresses if hop in entry.address.network)
        to = None if prefix == "default" else ip_network(prefix)
        made = BoundRoute(to, hop, leg, place(f"{prefix} via {via} of {node}"))
        return self.change(node, routes=(*bound.routes, made))

    def serve(self, node: str, kind: str, what: str) -> "Sketch":
        bound = self.nodes[NodeId(node)]
        at = place(f"serve {kind} {what}")
        made = BoundService(kind, kind, service(what)[0], BoundNames() if kind == "dns" else None, at)
        return self.change(node, services=(*bound.services, made))

    # --- filters and NAT

    def firewall(self, node: str, *rules: BoundRule | BoundTunnelAccept, **policies: str) -> "Sketch":
        """`policy drop` for every chain not named."""
        verdicts = {chain: Verdict(policies.get(chain, "drop")) for chain in CHAINS}
        return self.change(node, firewall=BoundFirewall(verdicts, rules, place(f"firewall of {node}")))

    def dnat(self, node: str, to: str, what: str, target: str, state: str = "", source: str = "") -> "Sketch":
        made = BoundDestinationNat(
            self.match(what=what, to=to, source=source),
            self.who(target),
            None,
            state_of(state),
            place(f"dnat {what} to {to} -> {target}"),
        )
        return self.change(node, destination_nat=(*self.nodes[NodeId(node)].destination_nat, made))

    def masquerade(self, node: str, out: str, *, target: str = "", **excepted: object) -> "Sketch":
        match = replace(self.match(out=out), **excepted)  # type: ignore[arg-type]
        whom = self.who(target) if target else None
        made = BoundSourceNat(match, whom, None, place(f"masquerade out {out}"))
        return self.change(node, source_nat=(*self.nodes[NodeId(node)].source_nat, made))

    def match(
        self, what: str = "", source: str = "", to: str = "", in_: str = "", out: str = "", through: str = ""
    ) -> BoundMatch:
        return BoundMatch(
            sources=tuple(map(self.who, source.split())),
            destinations=tuple(map(self.who, to.split())),
            services=services(what),
            in_interfaces=tuple(Placed(name, place(f"in {name}")) for name in in_.split()),
            out_interfaces=tuple(Placed(name, place(f"out {name}")) for name in out.split()),
            through=tuple(Placed(TunnelId(name), place(f"through {name}")) for name in through.split()),
        )

    def rule(
        self, verdict: str, chains: str, what: str = "", *, limit: bool = False, state: str = "", **clauses: str
    ) -> BoundRule:
        text = " ".join((verdict, chains, what, *clauses.values(), state))
        return BoundRule(
            Verdict(verdict),
            tuple(map(Chain, chains.split())),
            self.match(what, **clauses),
            Limit(10, "s") if limit else None,
            None,
            state_of(state),
            place(text),
        )

    def who(self, text: str) -> Placed[Who]:
        """A node, `node.interface`, a network, a prefix or an address."""
        node, _, leg = text.partition(".")
        value: Who
        if NodeId(text) in self.nodes:
            value = WhoNode(NodeId(text))
        elif NetworkId(text) in self.networks:
            value = WhoNetwork(NetworkId(text))
        elif NodeId(node) in self.nodes:
            value = WhoInterface(NodeId(node), leg)
        else:
            value = WhoPrefix(ip_network(text))
        return Placed(value, place(text))

    # --- tunnels

    def tunnel(
        self,
        name: str,
        left: str,
        right: str,
        *,
        protecting: tuple[str, str] = ("", ""),
        children: Sequence[BoundChild] = (),
        roles: tuple[str, str] = ("peer", "peer"),
        **fields: object,
    ) -> "Sketch":
        """`left`, `right`: `node.interface`; `protecting`: their prefixes, separated by blanks."""
        ends = tuple(
            self._end(end, prefixes, role) for end, prefixes, role in zip((left, right), protecting, roles, strict=True)
        )
        implied = child(name, *(_selectors(end) for end in ends))
        bound = BoundTunnel(
            id=TunnelId(name),
            kind="ipsec",
            ends=ends,
            certificates={},
            children_of={ends[1].node: tuple(children) or (implied,)},
            pool=(),
            family=ends[0].outer.version,
            inside=ipsec(),
            place=place(f"ipsec {name}"),
        )
        made = replace(bound, **fields)  # type: ignore[arg-type]
        proofs = {end.node: auth(f"auth of {end.node}") for end in ends} | dict(bound_tunnel(made).auth)
        self.tunnels[bound.id] = replace(made, inside=replace(bound_tunnel(made), auth=proofs))
        return self

    def _end(self, text: str, protecting: str, role: str) -> BoundEnd:
        node, _, name = text.partition(".")
        leg = self.nodes[NodeId(node)].interface(name)
        assert leg is not None
        prefixes = tuple(map(ip_network, protecting.split()))
        return BoundEnd(NodeId(node), role, leg.addresses[0].address.ip, name, prefixes, place(f"end {text}"))

    # --- expectations

    def expect(self, *claims: Claim, is_failure: bool = False, state: WhileState | None = None) -> "Sketch":
        at = len(self.expectations)
        lines = tuple(Expected(claim, place(f"line {at}.{index}")) for index, claim in enumerate(claims))
        self.expectations.append(Expectation(None, is_failure, state, None, lines, place("expect")))
        return self

    # --- findings

    @property
    def bindings(self) -> Bindings:
        return Bindings(
            "lab",
            None,
            self.networks,
            self.nodes,
            self.tunnels,
            self.pkis,
            {},
            tuple(self.expectations),
            (),
            place("lab"),
        )

    @property
    def findings(self) -> list[Diagnostic]:
        """Of the rules; without an error among them, also of the engine that follows packets."""
        diagnostics = Diagnostics()
        check_rules(self.bindings, diagnostics)
        if not diagnostics.has_errors:
            check_findings(World(lower(self.bindings)), diagnostics)
        return list(diagnostics)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Each finding's code and the text of its place."""
        return [(found.rule.code, found.primary.place.span.text) for found in self.findings]


def _selectors(end: BoundEnd) -> str:
    return " ".join(map(str, end.protected)) or str(ip_network(end.outer))


def child(
    name: str,
    left: str,
    right: str,
    *,
    mode: Mode = Mode.TUNNEL,
    only: str = "",
    when: str = "at boot",
    by: tuple[str, ...] = (),
    proposals: tuple[str, ...] = ("aes256gcm16-ecp384",),
) -> BoundChild:
    return BoundChild(
        name=name,
        left=tuple(map(ip_network, left.split())),
        right=tuple(map(ip_network, right.split())),
        mode=mode,
        only=services(only),
        start=BoundStart(when, tuple(map(NodeId, by))),
        inside=BoundIpsecChild("esp", proposals, None, None),
        place=place(f"child {name}"),
    )


def auth(text: str, secret: str | None = None) -> BoundAuth:
    return BoundAuth(AuthMethod.PSK, None, secret, None, place(text))


def ipsec(*proposals: str, auth: Mapping[NodeId, BoundAuth] | None = None) -> BoundIpsec:
    """What an `ipsec` has inside."""
    return BoundIpsec(proposals or ("aes256gcm16-prfsha384-ecp384",), 30, DpdAction.TRAP, False, None, auth or {})


def accept_tunnel(name: str) -> BoundTunnelAccept:
    return BoundTunnelAccept(TunnelId(name), place(f"accept tunnel {name}"))


def state_of(text: str) -> BoundState | None:
    """`T up`, `T down`."""
    if not text:
        return None
    tunnel, _, word = text.partition(" ")
    return BoundState(TunnelId(tunnel), None, word == "up", place(f"while {text}"))


# --- a lab for tunnels


def two_gateways() -> Sketch:
    """`ga` – core – `gb`, with a network behind each gateway and default routes to the core."""
    sketch = Sketch().network("a", "10.1.0.0/16").network("wa", "192.0.2.0/25")
    sketch.network("b", "10.2.0.0/16").network("wb", "192.0.2.128/25")
    sketch.router("core", wa="192.0.2.1/25", wb="192.0.2.129/25")
    sketch.router("ga", a="10.1.0.1/16", wa="192.0.2.2/25").route("ga", "default", "192.0.2.1")
    return sketch.router("gb", b="10.2.0.1/16", wb="192.0.2.130/25").route("gb", "default", "192.0.2.129")


def site_to_site(**fields: object) -> Sketch:
    return two_gateways().tunnel("t", "ga.wa", "gb.wb", protecting=("10.1.0.0/16", "10.2.0.0/16"), **fields)  # type: ignore[arg-type]
