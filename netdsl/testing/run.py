"""Testing the expectations of a lab in the running lab."""

from collections.abc import Sequence
from dataclasses import replace

from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.wording import counted
from netdsl.ir.expectation import Expectation
from netdsl.ir.lab import Lab
from netdsl.packets.view import raw_nodes
from netdsl.runtime.driver import Deployment, Driver, DriverError, Progress
from netdsl.testing.beside import probing
from netdsl.testing.pace import Pace
from netdsl.testing.session import Session, session_of
from netdsl.testing.states import during
from netdsl.testing.types import Block, Results, Seen, Tested
from netdsl.verify.expectations import prove
from netdsl.verify.sentences import state_text
from netdsl.verify.types import Proof


def run(
    lab: Lab,
    driver: Driver,
    deployment: Deployment,
    target: str,
    progress: Progress,
    pace: Pace | None = None,
    *,
    are_nodes_believed: bool = True,
) -> Results:
    """The results of all lines. Tunnels and links that a block takes down are restored also after errors.
    `are_nodes_believed`: also in what nodes with commands of their author say of themselves; else that is not tested.

    Raises DriverError if the lab does not run or a state cannot be brought about; an error of a single line is its result.
    """
    pace = pace or Pace()
    began = pace.now()
    _check_running(lab, driver, deployment, progress)
    with probing(driver, deployment, progress) as probes:
        session = session_of(lab, probes, pace, progress)
        if not are_nodes_believed:
            session = replace(session, doubted=raw_nodes(lab))
        return _tested(session, target, began)


def _tested(session: Session, target: str, began: float) -> Results:
    world, progress, pace = session.bench.world, session.progress, session.bench.pace
    lab = world.lab
    summary = prove(world, Diagnostics())
    proofs = _by_block(lab.expectations, summary.proofs)
    seen: dict[int, Seen] = {}
    for state in dict.fromkeys(block.state for block in lab.expectations):
        chosen = [proof for block, members in proofs if block.state == state for proof in members]
        if state is not None:
            progress(f"{counted(len(chosen), 'line')} {state_text(state)}")
        outcomes = session.untestable(state, len(chosen))
        if outcomes is None:
            with during(session.bench, state):
                outcomes = session.test(world.during(state), chosen)
        seen.update((id(proof), outcome) for proof, outcome in zip(chosen, outcomes, strict=True))
    blocks = tuple(
        Block(block, tuple(Tested(proof, seen[id(proof)]) for proof in members)) for block, members in proofs
    )
    return Results(lab.name, target, blocks, summary, session.esp, pace.now() - began)


def _by_block(blocks: Sequence[Expectation], proofs: Sequence[Proof]) -> list[tuple[Expectation, list[Proof]]]:
    """The proofs, which are in the order of blocks and lines, by block."""
    left = list(proofs)
    found = []
    for block in blocks:
        found.append((block, left[: len(block.lines)]))
        del left[: len(block.lines)]
    return found


def _check_running(lab: Lab, driver: Driver, deployment: Deployment, progress: Progress) -> None:
    """Raises DriverError where a node does not run. Of one that is not well it is said: that may decide a line."""
    states = {state.node: state for state in driver.status(deployment)}
    for node in lab.nodes:
        state = states.get(node.host_name)
        if state is None or state.state != "running":
            found = "is not in this deployment" if state is None else f"is {state.state}"
            raise DriverError(
                f"`{node.id}` {found}: the lab is not running as its source says",
                tail="\n".join(state.last) if state is not None else "",
                remedy="`netdsl up LAB`, or `netdsl test LAB --up`",
            )
        if state.health == "not ready":
            progress(f"warning: `{node.id}` is not well: {state.reason}")
            for line in state.last:
                progress(f"  | {line}")
