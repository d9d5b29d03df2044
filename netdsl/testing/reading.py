"""Trials for claims about a node's own state: tunnels, names, routes."""

from collections.abc import Sequence

from netdsl.ir.expectation import Resolves, RoutesVia, TunnelUp
from netdsl.ir.ids import NodeId
from netdsl.ir.tunnel import Child, TunnelEnd
from netdsl.packets.world import World
from netdsl.payload.quoting import flat
from netdsl.testing.flows import Flow
from netdsl.testing.probes import Kind, Question
from netdsl.testing.trial import Asked, Observed, Trial
from netdsl.testing.types import Seen
from netdsl.verify.goals import next_hop_addresses, targets

NODE_SCRIPT = ("sh", "/netdsl/lab/node.sh")
_IMPATIENT = "RES_OPTIONS=timeout:1 attempts:2"
"""Of several name servers a program asks the next one after a second, not after five (resolv.conf(5))."""

_MAPPED = "::ffff:"
"""Before an IPv4 address, where the node has none itself (getaddrinfo(3), AI_V4MAPPED)."""

STATUS = Question(Kind.RUN, words=(*NODE_SCRIPT, "status"), is_inside=True)


def ends_of(world: World, tunnel: str) -> tuple[NodeId, ...]:
    """The nodes with an end of the tunnel."""
    return tuple(node.id for node in world.lab.nodes if any(end.tunnel == tunnel for end in node.tunnels))


def tunnel_lines(status: str) -> list[tuple[str, str, str, str]]:
    """The tunnels in a node's status: tunnel, child, state (up, down), ESP (kernel, user)."""
    rows = (line.split() for line in status.splitlines())
    return [(row[1], row[2], row[3], row[5]) for row in rows if row[:1] == ["tunnel"] and len(row) >= 6]


def tunnel_up(world: World, claim: TunnelUp, first: Sequence[Flow], seconds: float) -> Trial:
    """Compares the state of the tunnel at every end. `first`: flows that open it."""
    ends = ends_of(world, claim.tunnel)
    asked = [Asked(node, STATUS) for node in ends]
    asked += [Asked(flow.source, flow.question("first")) for flow in first[:1]]

    def evaluate(observed: Observed) -> Seen:
        for node, reply in zip(ends, observed.replies, strict=False):
            sections = _sections(world, node, claim)
            states = {child: state for _, child, state, _ in tunnel_lines(reply.text) if child in sections}
            if not states.keys() >= set(sections):
                raise ValueError(f"`{node}` says nothing of `{claim.tunnel}`")
            down = [child for child in sections if states[child] != "up"]
            if down or not sections:
                return Seen(claim.is_negative, f"down at `{node}`")
        return Seen(not claim.is_negative, "up at both ends" if len(ends) == 2 else f"up at {len(ends)} ends")

    return Trial(tuple(asked), evaluate, (), seconds)


def _sections(world: World, node: NodeId, claim: TunnelUp) -> list[str]:
    """The names of the claim's children in the node's daemon."""
    ends = [end for end in world.view(node).node.tunnels if end.tunnel == claim.tunnel]
    return [section(end, child) for end in ends for child in end.children if claim.child in (None, child.name)]


def section(end: TunnelEnd, child: Child) -> str:
    """The payload's name of a child: that of the connection if the child is its only one."""
    name = flat(end.connection)
    return name if len(end.children) == 1 else f"{name}_{flat(child.name)}"


def resolves(world: World, claim: Resolves, seconds: float) -> Trial:
    """Resolves as the node's programs do: hosts file, then name servers."""
    goals = [] if claim.goal is None else targets(world, claim.source, claim.goal)
    expected = {str(address) for target in goals for address in target.addresses}
    question = Question(Kind.RUN, words=("env", _IMPATIENT, "getent", "ahosts", claim.name))

    def evaluate(observed: Observed) -> Seen:
        lines = (line.split()[0] for line in observed.replies[0].text.splitlines() if line.strip())
        found = list(dict.fromkeys(address.removeprefix(_MAPPED) for address in lines))
        if not found:
            return Seen(claim.goal is None, "the name is not known")
        return Seen(bool(expected.intersection(found)), f"it is {', '.join(found)}")

    return Trial((Asked(claim.source, question),), evaluate, (), seconds)


def routes_via(world: World, claim: RoutesVia, seconds: float) -> Trial:
    """Compares the next hop of the prefix's own route, or of the route of its first address."""
    next_hops = {str(address) for address in next_hop_addresses(world, claim)}
    version = f"-{claim.prefix.version}"
    exact = ("ip", version, "-o", "route", "show", "table", "main", "exact", str(claim.prefix))
    used = ("ip", version, "-o", "route", "get", str(claim.prefix.network_address), "fibmatch")
    asked = tuple(Asked(claim.source, Question(Kind.RUN, words=words)) for words in (exact, used))

    def evaluate(observed: Observed) -> Seen:
        lines = [line for reply in observed.replies if reply.status == 0 for line in reply.text.splitlines()]
        if not lines:
            return Seen(False, "no route")
        words = lines[0].split()
        hop = words[words.index("via") + 1] if "via" in words[:-1] else ""
        return Seen(hop in next_hops, f"via {hop}" if hop else "on the link")

    return Trial(asked, evaluate, (), seconds)
