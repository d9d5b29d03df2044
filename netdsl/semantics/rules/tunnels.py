"""Rules on tunnels of all kinds; what a kind brings is `TunnelRules`."""

from collections.abc import Iterator
from typing import Protocol, cast

from netdsl.diagnostics.catalogue import (
    POOL_OVERLAPS,
    POOL_WITHOUT_CLIENTS,
    PROTECTED_NOT_ATTACHED,
    REVOCATION_WITHOUT_EFFECT,
    UNUSED_PKI,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.index import modules
from netdsl.ir.ids import Address, Prefix
from netdsl.semantics.bindings import BoundEnd, BoundNetwork, BoundNode, BoundTunnel
from netdsl.semantics.rules.blocks import Block, any_overlap, block_of, route_block
from netdsl.semantics.rules.facts import Facts, seen_from
from netdsl.source import Place


class TunnelRules(Protocol):
    """The module `netdsl.kinds.KIND.rules`."""

    def check(self, tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
        """Reports what is wrong with the tunnels of the kind."""
        ...


def check_tunnels(facts: Facts, diagnostics: Diagnostics) -> None:
    for tunnel in facts.bindings.tunnels.values():
        _pool(tunnel, facts, diagnostics)
        for end in tunnel.ends:
            _protected(tunnel, end, facts, diagnostics)
    _pools_of_one_gateway(facts, diagnostics)
    _unused_pkis(facts, diagnostics)
    _revocations(facts, diagnostics)
    for kind, module in modules("rules"):
        own = tuple(tunnel for tunnel in facts.bindings.tunnels.values() if tunnel.kind == kind)
        cast(TunnelRules, module).check(own, facts, diagnostics)


# --- pools


def _pool(tunnel: BoundTunnel, facts: Facts, diagnostics: Diagnostics) -> None:
    if not tunnel.pool:
        return
    pool = ", ".join(map(str, tunnel.pool))
    if all(end.role != "client" for end in tunnel.ends):
        diagnostics.report(
            POOL_WITHOUT_CLIENTS,
            f"`{tunnel.id}` has a pool of virtual addresses, {pool}, and no client to give one to",
            tunnel.place,
            help="`gateway A` and `client B` instead of `between`, or no pool",
        )
        return
    _taken(tunnel, facts, diagnostics)
    apart = tuple(pool for pool in tunnel.pool if home_of(tunnel, pool, facts) is None)
    for end in tunnel.ends:
        pools = [(pool, block_of(pool)) for pool in (apart if end is tunnel.ends[0] else tunnel.pool)]
        for network, block, place in _near(end, facts):
            hit = next((pool for pool, mine in pools if mine.overlaps(block)), None)
            if hit is not None:
                diagnostics.report(
                    POOL_OVERLAPS,
                    f"the pool {hit} of `{tunnel.id}` overlaps {network}",
                    tunnel.place,
                    related=(Label(place, "the same addresses"),),
                    help="a pool is a range of its own, or inside of a network that the gateway is on and protects",
                )
                return


def home_of(tunnel: BoundTunnel, pool: Prefix, facts: Facts) -> BoundNetwork | None:
    """The network that the gateway is on and protects, inside of whose prefix the pool lies."""
    gateway, block = tunnel.ends[0], block_of(pool)
    protected = [block_of(prefix) for prefix in gateway.protected]
    for interface in facts.bindings.nodes[gateway.node].interfaces:
        network = facts.bindings.networks[interface.network]
        around = [mine for mine in map(block_of, network.prefixes) if mine.covers(block)]
        if any(mine.overlaps(other) for mine in around for other in protected):
            return network
    return None


def _taken(tunnel: BoundTunnel, facts: Facts, diagnostics: Diagnostics) -> None:
    """A client's virtual address is no node's own, nor what a network around it keeps for itself."""
    kept = {address for pool in tunnel.pool for address in _kept(home_of(tunnel, pool, facts))}
    for end in tunnel.ends:
        for address in end.virtual:
            owners = [f"`{owner.node}` has" for owner in facts.owners.get(address, ())]
            what = next(iter([*owners, *(["no host can have"] if address in kept else [])]), None)
            if what is not None:
                message = f"the pool of `{tunnel.id}` gives `{end.node}` the address {address}, which {what}"
                diagnostics.report(POOL_OVERLAPS, message, tunnel.place, help="a pool has addresses that no node has")


def _kept(home: BoundNetwork | None) -> Iterator[Address]:
    """A network's own address and that for all of its hosts (RFC 3021: with a length of 31 it has none)."""
    for prefix in () if home is None else home.prefixes:
        if prefix.max_prefixlen - prefix.prefixlen > 1:
            yield from (prefix.network_address, *((prefix.broadcast_address,) if prefix.version == 4 else ()))


def _near(end: BoundEnd, facts: Facts) -> Iterator[tuple[str, Block, Place]]:
    """The networks that an end is on or protects."""
    networks = facts.bindings.networks
    for interface in facts.bindings.nodes[end.node].interfaces:
        network = networks[interface.network]
        for prefix in network.prefixes:
            yield f"network `{network.id}`", block_of(prefix), network.place
    for prefix in end.protected:
        if prefix.prefixlen > 0:
            yield f"{prefix}, which `{end.node}` protects", block_of(prefix), end.place


def _pools_of_one_gateway(facts: Facts, diagnostics: Diagnostics) -> None:
    """Two tunnels of a gateway cannot give away the same addresses."""
    taken: dict[str, list[tuple[Block, BoundTunnel]]] = {}
    for tunnel in facts.bindings.tunnels.values():
        mine = taken.setdefault(tunnel.ends[0].node, [])
        for prefix in tunnel.pool:
            block = block_of(prefix)
            other = next((other for has, other in mine if has.overlaps(block)), None)
            if other is not None and other is not tunnel:
                diagnostics.report(
                    POOL_OVERLAPS,
                    f"the pool {prefix} of `{tunnel.id}` overlaps that of `{other.id}`",
                    tunnel.place,
                    related=(Label(other.place, "the same addresses, of the same gateway"),),
                    help="a pool is a range of its own",
                )
            mine.append((block, tunnel))


# --- what an end has behind it


def _protected(tunnel: BoundTunnel, end: BoundEnd, facts: Facts, diagnostics: Diagnostics) -> None:
    """What both sides have is another mistake."""
    node = facts.bindings.nodes[end.node]
    others = tuple(block_of(prefix) for other in tunnel.ends if other is not end for prefix in other.protected)
    foreign = [
        prefix
        for prefix in end.protected
        if not has_behind(node, end, block_of(prefix), facts) and not any_overlap((block_of(prefix),), others)
    ]
    if foreign:
        diagnostics.report(
            PROTECTED_NOT_ATTACHED,
            f"`{end.node}` protects {foreign[0]} in `{tunnel.id}` and has no way to it",
            end.place,
            "on none of its networks, behind none of its next hops",
            help=f"an `interface` of `{end.node}` on it, or a `route {foreign[0]} via …`",
        )


def has_behind(node: BoundNode, end: BoundEnd, block: Block, facts: Facts) -> bool:
    """Whether a network is the node's own, or behind it: by a line that does not lead out by the tunnel's interface, or
    through another tunnel; or one whose addresses the node translates."""
    if node.has_auto_routing or any(own.overlaps(block) for own in facts.addresses_of[node.id]):
        return True
    asked = (facts.blocks_of_all(rule.match.destinations) for rule in node.destination_nat)
    given = (facts.blocks_of(rule.target.value) for rule in node.source_nat if rule.target is not None)
    if any(any_overlap(one, (block,)) for one in (*asked, *given)):
        return True
    attached = (block_of(entry.address.network) for leg in node.interfaces for entry in leg.own)
    if any(network.overlaps(block) for network in attached):
        return True
    for route in node.routes:
        is_inward = route.prefix is not None or route.interface != end.interface
        is_through = end.inside is not None and route.interface == end.inside.interface
        if is_inward and not is_through and route_block(route).overlaps(block):
            return True
    return any(
        any_overlap(one.remote, (block,))
        for tunnel in facts.tunnels_of.get(node.id, ())
        if all(end is not mine for mine in tunnel.ends)
        for one in seen_from(node.id, tunnel)
    )


# --- certificates


def _unused_pkis(facts: Facts, diagnostics: Diagnostics) -> None:
    used = {one.pki for tunnel in facts.bindings.tunnels.values() for one in tunnel.certificates.values()}
    for pki in facts.bindings.pkis.values():
        if pki.id not in used and pki.place is not None:
            diagnostics.report(
                UNUSED_PKI,
                f"no tunnel uses the PKI `{pki.id}`",
                pki.place,
                help=f"`auth certificate from {pki.id}` in a tunnel uses it",
            )


def _revocations(facts: Facts, diagnostics: Diagnostics) -> None:
    """A certificate that is revoked and that nobody refuses for it. A PKI that no tunnel uses is another rule's."""
    held = {(one.pki, node) for tunnel in facts.bindings.tunnels.values() for node, one in tunnel.certificates.items()}
    for pki in facts.bindings.pkis.values():
        if all(owner != pki.id for owner, _ in held):
            continue
        for one in pki.revoked:
            if not pki.has_crl and pki.responder is None:
                message = f"`{pki.id}` has no revocation lists, so the certificate of `{one.value}` is still taken"
                advice = "`crl yes`, which is the default, or `ocsp NODE`"
            elif (pki.id, one.value) not in held:
                message = f"`{one.value}` has no certificate of `{pki.id}` that could be revoked"
                advice = f"certificates are of ends with `auth certificate from {pki.id}`"
            else:
                continue
            diagnostics.report(REVOCATION_WITHOUT_EFFECT, message, one.place, help=advice)
