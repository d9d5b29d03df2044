"""Tunnels of random labs: what each kind brings, by the index, and what kinds share."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from random import Random
from typing import Protocol, cast

from netdsl.index import TUNNELS
from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Box, Draft, Net, Tunnel


class KindLabs(Protocol):
    """The module `tests.kinds.KIND.random_labs`. `OUTER`: what a router lets through for tunnels that pass by. `IS_FIRST`:
    asked in every lab, before the others, which may lie in its tunnels. KERNEL_FEATURES: what labs have for nodes alone
    whose kernel has all. `SHARE`: in which share of the labs it is, whatever else they have; 0: it is one of those that
    are drawn."""

    FEATURES: tuple[str, ...]
    KERNEL_FEATURES: tuple[str, ...]
    OUTER: str
    IS_FIRST: bool
    SHARE: float

    def fits(self, draft: Draft) -> bool:
        """Whether the lab can have one."""
        ...

    def give(self, rng: Random, draft: Draft, number: int) -> None:
        """Add tunnels. `number` is unique in the lab."""
        ...

    def nest(self, rng: Random, draft: Draft) -> None:
        """Now and then put the outer packets of another tunnel into a tunnel of this kind."""
        ...

    def features(self, end: TunnelEnd, node: Node) -> Iterator[str]:
        """What the end of a compiled lab has, in its node, of FEATURES and KERNEL_FEATURES."""
        ...


@cache
def kinds() -> dict[str, KindLabs]:
    return {kind: cast(KindLabs, import_module(f"tests.kinds.{kind}.random_labs")) for kind in sorted(TUNNELS)}


def give_tunnels(rng: Random, draft: Draft) -> None:
    """Before routes, NAT and filters, which have to let them come up."""
    for kind in kinds().values():
        if kind.IS_FIRST:
            kind.give(rng, draft, 0)
    before = len(draft.tunnels)
    if rng.random() <= 0.76:
        alike = (kind for kind in kinds().values() if not kind.IS_FIRST and not kind.SHARE)
        others = [kind for kind in alike if kind.fits(draft)]
        for number, kind in enumerate(rng.sample(others, rng.choice([1, 1, 2])), 1):
            kind.give(rng, draft, number)
    for number, (name, kind) in enumerate(kinds().items(), 4):
        own = Random(f"netdsl {name} in {draft.name}")
        if own.random() < kind.SHARE and kind.fits(draft):
            kind.give(own, draft, number)
    for kind in kinds().values() if len(draft.tunnels) > before else ():
        kind.nest(Random(f"netdsl nested {draft.name}"), draft)


def give_addresses(draft: Draft, tunnel: Tunnel, number: int) -> None:
    """Inside, for up to 14 ends, where no line gives them."""
    if not any(line.startswith("addresses ") for line in tunnel.lines):
        inside = {4: f"10.99.{number}.0/28", 6: f"fc00:99:{number}::/124"}
        tunnel.lines.append("addresses " + ", ".join(inside[family] for family in draft.families))


def hub_and_hosts(draft: Draft) -> tuple[Box, ...]:
    """The first gateway, and one or two hosts of the last site."""
    gateway, last = draft.of("gateway")[0], draft.of("gateway")[-1]
    return (gateway, *[box for box in draft.of("host") if box.site == last.site][:2])


def give_device(rng: Random, draft: Draft, kind: str, number: int) -> None:
    """Between gateways. What it protects is mostly what no other tunnel protects: then it carries what goes there."""
    ends = tuple(rng.sample(draft.of("gateway"), 2))
    tunnel = Tunnel(f"{kind}-{number}", "device", (ends[0], ends[1]), kind)
    is_taken = any(all(end in other.ends for end in ends) and any(other.protected) for other in draft.tunnels)
    is_same_range = draft.is_overlapping and {end.site for end in ends} == {"a", "b"}
    if not is_same_range and (not is_taken or rng.random() < 0.2):
        tunnel.kind = "site"
        tunnel.protected = (_protected(rng, draft, ends[0]), _protected(rng, draft, ends[1]))
    tunnel.lines = [
        "between "
        + "\n      and ".join(
            f"{end.name}.wan" + (f" protecting {', '.join(net.name for net in nets)}" if nets else "")
            for end, nets in zip(ends, tunnel.protected, strict=True)
        )
    ]
    tunnel.lines += outer_family(rng, draft)
    if tunnel.kind == "device" or rng.random() < 0.5:
        both = {4: f"10.99.{number}.0/30", 6: f"fc00:99:{number}::/126"}
        tunnel.lines.append("addresses " + ", ".join(both[family] for family in draft.families))
    draft.tunnels.append(tunnel)


def _protected(rng: Random, draft: Draft, gateway: Box) -> tuple[Net, ...]:
    nets = [port.net for port in gateway.inside if port.name != "office"]
    nets += [net for net in draft.nets if net.name == f"deep-{gateway.site}"]
    return tuple(net for place, net in enumerate(nets) if place == 0 or rng.random() < 0.7)


def outer_family(rng: Random, draft: Draft) -> list[str]:
    """The line `over`, where there is a choice."""
    return [f"over {rng.choice(['ipv4', 'ipv6'])}"] if len(draft.families) == 2 else []
