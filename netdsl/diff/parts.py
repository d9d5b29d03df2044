"""Networks, nodes, tunnels and services that came, went or changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from netdsl.diff.details import holds_name, listed, valued
from netdsl.diff.node_parts import node_details
from netdsl.diff.pairs import Pair, Pairs
from netdsl.diff.types import Change, Detail, Names
from netdsl.ir.ids import TunnelId
from netdsl.ir.image import Image
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node, Served
from netdsl.ir.pki import Pki
from netdsl.ir.tunnel import Child, TunnelEnd
from netdsl.packets.world import World

T = TypeVar("T")


def changes(before: World, after: World, pairs: Pairs) -> Iterator[Change]:
    old, new = before.lab, after.lab
    yield from _lab(old, new)
    yield from _networks(old, new, pairs)
    yield from _nodes(old, new, pairs)
    yield from _tunnels(before, after, pairs)
    yield from _services(old, new, pairs)
    yield from _others(
        "pki",
        {one.id: one for one in old.pkis},
        {one.id: one for one in new.pkis},
        partial(_pki, renamed=pairs.renamed),
    )
    yield from _others("image", {one.id: one for one in old.images}, {one.id: one for one in new.images}, _image)


# --- the lab


def _lab(before: Lab, after: Lab) -> Iterator[Change]:
    details = [
        *valued("title", before.title, after.title),
        *listed(
            "setting",
            (f"{one.target} {one.key} = {one.value}" for one in before.settings),
            (f"{one.target} {one.key} = {one.value}" for one in after.settings),
        ),
    ]
    if before.name != after.name or details:
        yield Change("lab", Names(before.name, after.name), tuple(details))


def _networks(before: Lab, after: Lab, pairs: Pairs) -> Iterator[Change]:
    olds, news = ({str(one.id): one for one in lab.networks} for lab in (before, after))
    yield from _changed("network", pairs.networks, olds, news, _network)


def _network(before: Network | None, after: Network | None) -> Iterator[Detail]:
    olds, news = ((one.prefixes if one else ()) for one in (before, after))
    yield from listed("prefix", olds, news)
    if before is not None and after is not None:
        yield from valued("mtu", before.mtu, after.mtu)
        yield from valued("driver", _driver(before), _driver(after))
        yield from valued("impairment", before.impairment, after.impairment)
        yield from valued("link", before.is_link, after.is_link)


def _driver(network: Network) -> str | None:
    driver = network.driver
    return None if driver is None else " ".join(filter(None, (driver.name, driver.mode)))


def _nodes(before: Lab, after: Lab, pairs: Pairs) -> Iterator[Change]:
    olds, news = ({str(one.id): one for one in lab.nodes} for lab in (before, after))
    renamed, is_same_lab = pairs.renamed, before.name == after.name

    def details(old: Node | None, new: Node | None) -> Iterator[Detail]:
        return node_details(old, new, renamed, is_same_lab=is_same_lab)

    yield from _changed("node", pairs.nodes, olds, news, details)


def _changed(
    kind: str,
    pairs: Sequence[Pair],
    before: Mapping[str, T],
    after: Mapping[str, T],
    details: Callable[[T | None, T | None], Iterator[Detail]],
) -> Iterator[Change]:
    for pair in pairs:
        old, new = before.get(pair.before or ""), after.get(pair.after or "")
        found = tuple(details(old, new))
        if found or pair.before != pair.after:
            yield Change(kind, Names(pair.before, pair.after), found, pair.because)


# --- tunnels


def _tunnels(before: World, after: World, pairs: Pairs) -> Iterator[Change]:
    olds, news = _ends(before.lab), _ends(after.lab)
    renamed = pairs.renamed
    for pair in pairs.tunnels:
        old, new = olds.get(pair.before or "", ()), news.get(pair.after or "", ())
        found = [*_tunnel(old, new, renamed)]
        if old and new:
            found += valued("state", _state(before, old[0].tunnel), _state(after, new[0].tunnel))
        if found or pair.before != pair.after:
            yield Change("tunnel", Names(pair.before, pair.after), tuple(found), pair.because)


def _state(world: World, tunnel: TunnelId) -> str:
    """In all states that the lab may come to by the order in which tunnels come up."""
    found = {each.is_up(tunnel) for each in (world, *world.others)}
    if len(found) > 1:
        return "cannot be known"
    return "up" if found.pop() else "down"


def _ends(lab: Lab) -> dict[str, tuple[TunnelEnd, ...]]:
    found: dict[str, tuple[TunnelEnd, ...]] = {}
    for node in lab.nodes:
        for end in node.tunnels:
            found[end.tunnel] = (*found.get(end.tunnel, ()), end)
    return found


def _tunnel(before: Sequence[TunnelEnd], after: Sequence[TunnelEnd], renamed: Mapping[str, str]) -> Iterator[Detail]:
    yield from valued("kind", *(ends[0].kind if ends else None for ends in (before, after)))
    olds = {renamed.get(end.node, end.node): end for end in before}
    news = {str(end.node): end for end in after}
    yield from listed("end", olds, news)
    if not before or not after:
        return
    known = len(list(listed("end", olds, news)))
    for node in news:
        if node in olds:
            details = list(_end(olds[node], news[node]))
            known += len(details)
            yield from details
    if not known and not _is_same(before, after, renamed):
        yield Detail("settings", "other ones", "other ones")


def _end(before: TunnelEnd, after: TunnelEnd) -> Iterator[Detail]:
    at = f" of {after.node}"
    yield from valued(f"outer address{at}", before.local, after.local)
    yield from valued(f"addresses inside{at}", before.virtual, after.virtual)
    yield from valued(f"pools{at}", before.pools, after.pools)
    yield from valued(f"algorithms and methods{at}", before.profile, after.profile)
    yield from valued(f"mtu{at}", before.mtu, after.mtu)
    yield from valued(f"ttl{at}", before.ttl, after.ttl)
    yield from valued(f"backup of{at}", before.backup_of, after.backup_of)
    olds, news = ({child.name: child for child in end.children} for end in (before, after))
    for name in dict.fromkeys((*news, *olds)):
        yield from _child(olds.get(name), news.get(name), name, at)


def _child(before: Child | None, after: Child | None, name: str, at: str) -> Iterator[Detail]:
    if before is None or after is None:
        yield from valued(f"child{at}", before and name, after and name)
        return
    where = f" of {name}{at}"
    yield from listed(f"protected here{where}", before.local, after.local)
    yield from listed(f"protected there{where}", before.remote, after.remote)
    yield from valued(f"start{where}", before.start.value, after.start.value)
    yield from valued(f"mode{where}", before.mode.value, after.mode.value)
    yield from valued(f"encryption{where}", before.is_hiding, after.is_hiding)
    yield from valued(f"only{where}", before.only_local + before.only_remote, after.only_local + after.only_remote)


def _is_same(before: Sequence[TunnelEnd], after: Sequence[TunnelEnd], renamed: Mapping[str, str]) -> bool:
    """Of ends that hold a name which is another one now that is not known, and nothing said."""
    return tuple(before) == tuple(after) or holds_name(repr(before), renamed)


# --- services, and what stands beside nodes


def _services(before: Lab, after: Lab, pairs: Pairs) -> Iterator[Change]:
    olds, news = _served(before, pairs.renamed), _served(after, {})
    names = {f"{new}.{name}": f"{old}.{name}" for (new, name), (old, _) in olds.items()}
    for key in dict.fromkeys((*news, *olds)):
        old, new = olds.get(key, ("", None))[1], news.get(key, ("", None))[1]
        found = tuple(_service(old, new))
        if found:
            shown = ".".join(key)
            yield Change("service", Names(None if old is None else names[shown], None if new is None else shown), found)


def _served(lab: Lab, renamed: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, Served]]:
    return {
        (renamed.get(node.id, node.id), served.name): (node.id, served)
        for node in lab.nodes
        for served in node.services
    }


def _service(before: Served | None, after: Served | None) -> Iterator[Detail]:
    yield from valued("kind", before and before.kind, after and after.kind)
    yield from valued("port", before and before.service, after and after.service)
    if before is None or after is None:
        return
    yield from valued("certificate", before.certificate, after.certificate)
    for what in ("names", "secrets", "reservations"):
        if getattr(before, what) != getattr(after, what):
            yield Detail(what, "other ones", "other ones")


def _pki(before: Pki | None, after: Pki | None, renamed: Mapping[str, str]) -> Iterator[Detail]:
    yield from valued("algorithm", before and before.algorithm, after and after.algorithm)
    if before is None or after is None:
        return
    details = [
        *listed("certificate", *(_names(names, one) for names, one in ((renamed, before), ({}, after)))),
        *listed("revoked", (renamed.get(one, one) for one in before.revoked), after.revoked),
        *valued("intermediate authority", before.has_intermediate, after.has_intermediate),
        *valued("revocation list", before.has_crl, after.has_crl),
        *valued("validity in days", before.validity_days, after.validity_days),
        *valued("responder", before.responder and before.responder.url, after.responder and after.responder.url),
    ]
    yield from details
    if not details and before != after and not holds_name(repr(before), renamed):
        yield Detail("settings", "other ones", "other ones")


def _names(renamed: Mapping[str, str], pki: Pki) -> Iterator[str]:
    return (renamed.get(one.node, one.node) for one in pki.end_entities)


def _image(before: Image | None, after: Image | None) -> Iterator[Detail]:
    for what in ("packages", "platforms", "runs"):
        yield from listed(what.removesuffix("s"), *(getattr(one, what) if one else () for one in (before, after)))


def _others(
    kind: str,
    before: Mapping[str, T],
    after: Mapping[str, T],
    details: Callable[[T | None, T | None], Iterator[Detail]],
) -> Iterator[Change]:
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        found = tuple(details(old, new))
        if found or old is None or new is None:
            yield Change(kind, Names(None if old is None else name, None if new is None else name), found)
