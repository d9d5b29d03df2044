"""The outer packets of tunnels that should be up: a line may fail because they do not arrive."""

from collections.abc import Iterable, Iterator
from itertools import islice

from netdsl.ir.expectation import Begun, BehindNat, Claim, Given, HasForm, Reaches, TunnelUp, Uses
from netdsl.ir.ids import TunnelId
from netdsl.ir.tunnel import TunnelEnd
from netdsl.mending.candidate import Candidate, FailedLine
from netdsl.mending.names import called
from netdsl.mending.statements import Statements, added_after
from netdsl.packets.tunnels import packets_of
from netdsl.packets.types import Hook, Outcome, Verdict
from netdsl.packets.world import World
from netdsl.syntax import tree as syntax
from netdsl.verify.predict import predict

_MOST_TUNNELS = 4


def failing_tunnels(world: World, claim: Claim, verdict: Verdict | None) -> Iterator[TunnelId]:
    """Tunnels that are down: those that a claim names, then those that end at nodes on its way."""
    named: list[TunnelId] = []
    match claim:
        case TunnelUp(tunnel=tunnel) | Uses(tunnel=tunnel) | Begun(tunnel=tunnel) | BehindNat(tunnel=tunnel):
            named.append(tunnel)
        case HasForm(tunnel=tunnel) | Given(tunnel=tunnel):
            named.append(tunnel)
        case Reaches(through=through):
            named += through
        case _:
            pass
    nodes = () if verdict is None else (hop.node for hop in (*verdict.request, *verdict.answer))
    named += [end.tunnel for node in nodes for end in world.view(node).node.tunnels]
    return islice((one for one in dict.fromkeys(named) if not world.is_up(one)), _MOST_TUNNELS)


def outer_failures(
    world: World, claim: Claim, tunnels: Iterable[TunnelId], statements: Statements
) -> Iterator[FailedLine]:
    """Of each tunnel the outer packets between its ends that do not arrive, from who opens it first."""
    for tunnel in tunnels:
        for end in _ends(world, tunnel):
            verdict = _sent(world, end)
            if verdict is not None and verdict.hook is not Hook.SOCKET and not verdict.passes:
                yield FailedLine(world, claim, verdict, statements, tunnel)


def _ends(world: World, tunnel: TunnelId) -> list[TunnelEnd]:
    return sorted(
        world.lab.tunnel_ends(tunnel),
        key=lambda end: not any(world.tunnels.opens(tunnel, child) for child in end.children),
    )


def _sent(world: World, end: TunnelEnd) -> Verdict | None:
    """What becomes of the packet that opens the tunnel."""
    needs = packets_of(end.kind).needs(end)
    if not needs or not end.peer_addresses or end.tunnel in world.held:
        return None
    first = needs[0].packets[0]
    found = predict(world, end.node, end.peer_addresses[0], first, source_address=end.local)
    return None if found.outcome is Outcome.NOT_VERIFIED and not found.request else found


def propose_accept(failure: FailedLine) -> Iterator[Candidate]:
    """The line of the firewall that lets the outer packets of an end in and out."""
    verdict, tunnel = failure.verdict, failure.tunnel
    if tunnel is None or verdict.node is None or verdict.hook not in (Hook.INPUT, Hook.OUTPUT):
        return
    node = failure.view(verdict.node).node
    firewall = None if node.firewall is None else failure.statements.at(node.firewall.origin, syntax.Firewall)
    if firewall is None or all(end.tunnel != tunnel for end in node.tunnels):
        return
    line = f"accept tunnel {called(tunnel, node.id)}"
    policies = [each for each in firewall.body.statements if isinstance(each, syntax.Policy)]
    if policies:
        fault = f"the firewall of `{node.id}` drops the outer packets of tunnel `{tunnel}`"
        yield Candidate(f"{fault}: `{line}`", (added_after(policies[-1].span, firewall.body, line),))
