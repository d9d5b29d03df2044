"""Trials for claims about the state of tunnels that are up: what the daemons of both ends say."""

from collections.abc import Sequence

from netdsl.ir.expectation import StateClaim
from netdsl.ir.ids import NodeId
from netdsl.ir.tunnel import Child, TunnelEnd
from netdsl.packets.state import ChildState
from netdsl.packets.world import World
from netdsl.payload.part import StateReport, state_of_kind
from netdsl.testing.flows import Flow
from netdsl.testing.probes import Kind, Question
from netdsl.testing.reading import section
from netdsl.testing.trial import Asked, Observed, Trial
from netdsl.testing.types import Seen
from netdsl.verify.sentences import tunnel_text
from netdsl.verify.state import Compared, compared, ends_about, why_no_state


def has_state(world: World, claim: StateClaim, first: Sequence[Flow], seconds: float) -> Trial:
    """`first`: flows that open the tunnel."""
    reason = why_no_state(world, claim)
    if reason is not None:
        return Trial((), lambda _: Seen(False, reason), (), seconds)
    part = state_of_kind(world.lab.tunnel_ends(claim.tunnel)[0].kind)
    asked_about = ends_about(world, claim)
    nodes = tuple(dict.fromkeys(end.node for end, _ in asked_about))
    asked = [Asked(node, Question(Kind.RUN, words=part.QUESTION, is_inside=True)) for node in nodes]
    asked += [Asked(flow.source, flow.question("first")) for flow in first[:1]]

    def evaluate(observed: Observed) -> Seen:
        found: list[tuple[NodeId, Compared]] = []
        for node, reply in zip(nodes, observed.replies, strict=False):
            reports = part.reports(reply.text)
            for end, child in (one for one in asked_about if one[0].node == node):
                states = [state_said(end, child, one) for one in reports if one.child == section(end, child)]
                if not states:
                    return Seen(False, f"`{tunnel_text(claim)}` is down at `{node}`")
                found += ((node, compared(claim, state)) for state in states)
        wrong = next((one for one in found if one[1].is_so is claim.is_negative), None)
        if wrong is not None:
            return Seen(False, f"{wrong[1].text}, as `{wrong[0]}` has it")
        return Seen(True, found[0][1].text)

    return Trial(tuple(asked), evaluate, (), seconds)


def state_said(end: TunnelEnd, child: Child, report: StateReport) -> ChildState:
    """A child as the daemon of its end says it."""
    peer = end.peer or end.node
    return ChildState(
        tunnel=end.tunnel,
        child=child.name,
        node=end.node,
        peer=peer,
        opener=end.node if report.has_begun else peer,
        uses=report.uses,
        is_behind_nat=report.is_behind_nat,
        is_in_udp=report.is_in_udp,
        is_compressed=report.is_compressed,
        mode=report.mode,
        given=report.given,
    )
