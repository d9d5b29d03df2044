"""The expectations of a lab in the running lab: one call, one result."""

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice

from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.wording import counted
from netdsl.ir.expectation import Expectation
from netdsl.ir.ids import NodeId, host_name
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Selectors, TunnelEnd
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.runtime.driver import Deployment, Driver, DriverError, Recording
from netdsl.testing.pace import Pace
from netdsl.testing.plan import trials
from netdsl.testing.probes import Reply, ask
from netdsl.testing.reading import NODE_SCRIPT, section, tunnel_lines
from netdsl.testing.sight import Frame, frames
from netdsl.testing.states import Bench, during
from netdsl.testing.trial import Asked, Ear, Observed, Trial
from netdsl.testing.types import Block, Results, Seen, Tested
from netdsl.verify.expectations import prove
from netdsl.verify.sentences import state_text
from netdsl.verify.types import Proof

PATIENCE = 3.0
"""Seconds for an answer: a SYN that is lost is sent again after one."""
_AT_ONCE = 8  # nodes that are asked at the same time
_AGAIN = 1.0  # seconds between two attempts
_LAST_FRAMES = 1.5  # seconds for what was sent to get into the recordings
_LOOKS = 5

Progress = Callable[[str], None]


def run(
    lab: Lab, driver: Driver, deployment: Deployment, target: str, progress: Progress, pace: Pace | None = None
) -> Results:
    """Test every line. Tunnels and links that are taken down come back, whatever happens. Raises DriverError where the lab
    does not run, or a state cannot be made; what goes wrong with one line alone is told there."""
    pace = pace or Pace()
    began = pace.now()
    _check_running(lab, driver, deployment)
    session = session_of(lab, driver, deployment, pace, progress)
    world = session.bench.world
    summary = prove(world, Diagnostics())
    proofs = _by_block(lab.expectations, summary.proofs)
    seen: dict[int, Seen] = {}
    for state in dict.fromkeys(block.state for block in lab.expectations):
        chosen = [proof for block, own in proofs if block.state == state for proof in own]
        if state is not None:
            progress(f"{counted(len(chosen), 'line')} {state_text(state)}")
        with during(session.bench, state):
            outcomes = session.test(world.during(state), chosen)
        seen.update((id(proof), outcome) for proof, outcome in zip(chosen, outcomes, strict=True))
    blocks = tuple(Block(block, tuple(Tested(proof, seen[id(proof)]) for proof in own)) for block, own in proofs)
    return Results(lab.name, target, blocks, summary, session.esp, pace.now() - began)


def session_of(lab: Lab, driver: Driver, deployment: Deployment, pace: Pace, progress: Progress) -> "Session":
    """What a running lab is asked with. Raises DriverError."""
    esp = _esp(lab, driver, deployment)
    world = World(lab, Esp(esp) if esp else Esp.KERNEL)
    return Session(Bench(driver, deployment, world, pace), esp, f"netdsl-{secrets.token_hex(4)}", progress)


def _by_block(blocks: Sequence[Expectation], proofs: Sequence[Proof]) -> list[tuple[Expectation, list[Proof]]]:
    """Proofs come in the order of blocks and lines."""
    left = list(proofs)
    found = []
    for block in blocks:
        found.append((block, left[: len(block.lines)]))
        del left[: len(block.lines)]
    return found


def _check_running(lab: Lab, driver: Driver, deployment: Deployment) -> None:
    states = {state.node: state for state in driver.status(deployment)}
    for node in lab.nodes:
        state = states.get(node.host_name)
        if state is None or state.state != "running":
            found = "is not in this deployment" if state is None else f"is {state.state}"
            raise DriverError(
                f"`{node.id}` {found}: the lab is not running as its source says",
                remedy="`netdsl up LAB`, or `netdsl test LAB --up`",
            )


def _esp(lab: Lab, driver: Driver, deployment: Deployment) -> str:
    """Whose ESP the nodes have chosen; empty where no tunnel takes packets by policies."""
    for node in lab.nodes:
        names = {section(end, child) for end in node.tunnels if _is_selected(end) for child in end.children}
        if names:
            answer = driver.ask(deployment, node.host_name, [*NODE_SCRIPT, "status"], timeout=30 * driver.slowness)
            return next((esp for _, child, _, esp in tunnel_lines(answer.output) if child in names), "")
    return ""


def _is_selected(end: TunnelEnd) -> bool:
    return isinstance(end.steering, Selectors)


@dataclass(frozen=True, slots=True)
class Session:
    """The lines of one state are done together: first all that listen nowhere, then the others one by one.

    `esp`: whose the nodes have chosen, empty where there are no tunnels; `mark`: a text of this run alone;
    `patience`: seconds for an answer, in a container.
    """

    bench: Bench
    esp: str
    mark: str
    progress: Progress
    patience: float = PATIENCE

    def test(self, world: World, proofs: Sequence[Proof]) -> list[Seen]:
        mark = f"{self.mark}-{secrets.token_hex(2)}"
        planned = trials(world, proofs, mark, self.bench.driver.slowness)
        together = [index for index, trial in enumerate(planned) if not trial.ears]
        found: dict[int, Seen] = self._together({index: planned[index] for index in together})
        alone = [index for index in range(len(planned)) if index not in found]
        if alone:
            self.progress(f"{counted(len(alone), 'line')} with recordings, one after another")
        for index in alone:
            found[index] = self._alone(planned[index])
        return [found[index] for index in range(len(planned))]

    def _together(self, planned: dict[int, Trial]) -> dict[int, Seen]:
        """All at once; those that do not hold again, as long as they may take."""
        began = self.bench.pace.now()
        found: dict[int, Seen] = {}
        left = dict(planned)
        while left:
            found |= self.round(left)
            passed = self.bench.pace.now() - began
            found |= {index: replace(found[index], seconds=passed) for index in left}
            left = {index: one for index, one in left.items() if not found[index].holds and passed < one.seconds}
            if left:
                self.bench.pace.sleep(_AGAIN)
        return found

    def round(self, planned: dict[int, Trial]) -> dict[int, Seen]:
        """Everything that these trials ask, once, node by node at the same time."""
        asked: dict[NodeId, list[tuple[int, int]]] = {}
        for index, trial in planned.items():
            for number, one in enumerate(trial.asked):
                asked.setdefault(one.node, []).append((index, number))
        replies: dict[tuple[int, int], Reply] = {}
        failures: dict[int, str] = {}
        questions = {node: [planned[index].asked[number] for index, number in keys] for node, keys in asked.items()}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for node, said in zip(asked, pool.map(self._ask, asked, questions.values()), strict=True):
                if isinstance(said, str):
                    failures |= {index: said for index, _ in asked[node]}
                else:
                    replies |= dict(zip(asked[node], said, strict=True))
        found: dict[int, Seen] = {}
        for index, trial in planned.items():
            if index in failures:
                found[index] = Seen(None, failures[index])
                continue
            own = tuple(replies[index, number] for number in range(len(trial.asked)))
            found[index] = trial.judge(Observed(own))
        return found

    def _ask(self, node: NodeId, asked: Sequence[Asked]) -> tuple[Reply, ...] | str:
        """The replies, or why there are none."""
        questions = [one.question for one in asked]
        try:
            driver = self.bench.driver
            return ask(driver, self.bench.deployment, node, questions, patience=self.patience * driver.slowness)
        except DriverError as error:
            return error.message

    def _alone(self, trial: Trial) -> Seen:
        began = self.bench.pace.now()
        try:
            with ExitStack() as recordings:
                heard = self._listen(trial.ears, recordings)
                while True:
                    seen = self._look(trial, heard)
                    passed = self.bench.pace.now() - began
                    if seen.holds or passed >= trial.seconds:
                        return replace(seen, seconds=passed)
                    self.bench.pace.sleep(_AGAIN)
        except DriverError as error:
            return Seen(None, error.message)

    def _look(self, trial: Trial, heard: dict[Ear, Recording]) -> Seen:
        """Ask once; what is recorded may come a moment later."""
        before = {ear: sum(1 for _ in frames(recording.read())) for ear, recording in heard.items()}
        replies: dict[int, Reply] = {}
        for node in dict.fromkeys(one.node for one in trial.asked):
            numbers = [number for number, one in enumerate(trial.asked) if one.node == node]
            said = self._ask(node, [trial.asked[number] for number in numbers])
            if isinstance(said, str):
                return Seen(None, said)
            replies |= dict(zip(numbers, said, strict=True))
        own = tuple(replies[number] for number in range(len(trial.asked)))
        seen = Seen(None, "")
        for _ in range(_LOOKS):
            self.bench.pace.sleep(_LAST_FRAMES / _LOOKS)
            seen = trial.judge(Observed(own, {ear: _heard(ear, one, before[ear]) for ear, one in heard.items()}))
        return seen

    def _listen(self, ears: Sequence[Ear], stack: ExitStack) -> dict[Ear, Recording]:
        """All recordings, begun at the same time. Each ends with the stack."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            begun = [(ear, pool.submit(self._enter, ear, stack)) for ear in dict.fromkeys(ears)]
            return {ear: future.result() for ear, future in begun}

    def _enter(self, ear: Ear, stack: ExitStack) -> Recording:
        return stack.enter_context(self.bench.driver.listen(self.bench.deployment, host_name(ear.node), ear.interface))


def _heard(ear: Ear, recording: Recording, known: int) -> tuple[Frame, ...]:
    """What was recorded after the first `known` packets."""
    return tuple(frame for frame in islice(frames(recording.read()), known, None) if ear.hears(frame))
