"""Asking the trials of a running lab: questions beside and inside its nodes, and recordings."""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import islice

from netdsl.dataclass import dataclass
from netdsl.diagnostics.wording import counted
from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import NodeId, host_name
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Selectors, TunnelEnd
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.runtime.driver import Deployment, Driver, DriverError, Progress, Recording
from netdsl.testing.beside import Probes
from netdsl.testing.pace import Pace
from netdsl.testing.plan import trials
from netdsl.testing.probes import Outcome, Question, Reply, ask
from netdsl.testing.reading import NODE_SCRIPT, ends_of, section, tunnel_lines
from netdsl.testing.sight import Frame, frames
from netdsl.testing.states import Bench
from netdsl.testing.trial import Asked, Listener, Observed, Trial, untested
from netdsl.testing.types import Seen
from netdsl.verify.types import Proof

_PATIENCE = 3.0
"""Seconds for an answer: a lost SYN is retransmitted after one."""
_INSIDE = 30.0  # seconds for what a node says of itself
_PARALLEL = 8  # nodes that are probed at the same time
_PAUSE = 1.0  # seconds between two attempts
_LAST_FRAMES = 1.5  # seconds until packets that were sent are in the recordings
_READS = 5  # of a recording, within `_LAST_FRAMES`


def session_of(lab: Lab, probes: Probes, pace: Pace, progress: Progress) -> "Session":
    """The session for a running lab. Raises DriverError."""
    driver, deployment = probes.driver, probes.deployment
    esp = esp_of(lab, driver, deployment)
    world = World(lab, Esp(esp) if esp else Esp.KERNEL)
    return Session(Bench(driver, deployment, probes, world, pace), esp, f"netdsl-{secrets.token_hex(4)}", progress)


def esp_of(lab: Lab, driver: Driver, deployment: Deployment) -> str:
    """Where the nodes run ESP: `kernel` or `user`; empty if no tunnel takes packets by policies, or no node says it."""
    words = {esp.value for esp in Esp}
    for node in lab.nodes:
        names = {section(end, child) for end in node.tunnels if _is_selected(end) for child in end.children}
        if names:
            with suppress(DriverError):  # the next one may answer
                answer = driver.ask(
                    deployment, node.host_name, [*NODE_SCRIPT, "status"], timeout=_INSIDE * driver.slowness
                )
                lines = tunnel_lines(answer.output)
                return next((esp for _, child, _, esp in lines if child in names and esp in words), "")
    return ""


def _is_selected(end: TunnelEnd) -> bool:
    return isinstance(end.steering, Selectors)


@dataclass(frozen=True, slots=True)
class Session:
    """Tests the lines of one state: first all without recordings together, then those with recordings one by one.

    `esp`: `kernel` or `user`, empty if the lab has no tunnels; `mark`: a text that is unique to this run; `patience`:
    seconds for an answer, in a container; `doubted`: nodes on whose word alone nothing is taken for tested.
    """

    bench: Bench
    esp: str
    mark: str
    progress: Progress
    patience: float = _PATIENCE
    doubted: frozenset[NodeId] = frozenset()

    def untestable(self, state: WhileState | None, count: int) -> list[Seen] | None:
        """The results of so many lines in a state that a doubted node brings about: only its word says that it does."""
        lab = self.bench.world.lab
        ends = () if state is None or state.tunnel is None else ends_of(self.bench.world, state.tunnel)
        link = None if state is None or self.bench.driver.has_own_probes else state.link
        members = [node.id for node in lab.nodes for one in node.interfaces if one.network == link]
        doubted = next((node for node in (*ends, *members) if node in self.doubted), None)
        return None if doubted is None else [Seen(None, _doubt(doubted))] * count

    def _doubtful(self, trial: Trial) -> NodeId | None:
        """A doubted node whose own word the trial takes: for what only it knows; in a machine for all that is asked and
        recorded there."""
        is_beside = self.bench.driver.has_own_probes
        asked = (item.node for item in trial.asked if item.question.is_inside or not is_beside)
        recorded = (listener.node for listener in trial.listeners if not is_beside)
        return next((node for node in (*asked, *recorded) if node in self.doubted), None)

    def test(self, world: World, proofs: Sequence[Proof]) -> list[Seen]:
        mark = f"{self.mark}-{secrets.token_hex(2)}"
        planned = [self._believed(one) for one in trials(world, proofs, mark, self.bench.driver.slowness)]
        together = [index for index, trial in enumerate(planned) if not trial.listeners]
        found: dict[int, Seen] = self._together({index: planned[index] for index in together})
        alone = [index for index in range(len(planned)) if index not in found]
        if alone:
            self.progress(f"{counted(len(alone), 'line')} with recordings, one after another")
        for index in alone:
            found[index] = self._alone(planned[index])
        return [found[index] for index in range(len(planned))]

    def _believed(self, trial: Trial) -> Trial:
        doubted = self._doubtful(trial)
        return trial if doubted is None else untested(_doubt(doubted))

    def _together(self, planned: dict[int, Trial]) -> dict[int, Seen]:
        """Test all at once, and repeat those that do not hold within their time limit."""
        began = self.bench.pace.now()
        found: dict[int, Seen] = {}
        left = dict(planned)
        while left:
            found |= self.round(left)
            passed = self.bench.pace.now() - began
            found |= {index: replace(found[index], seconds=passed) for index in left}
            left = {index: trial for index, trial in left.items() if not found[index].holds and passed < trial.seconds}
            if left:
                self.bench.pace.sleep(_PAUSE)
        return found

    def round(self, planned: dict[int, Trial]) -> dict[int, Seen]:
        """Ask all questions of the trials once, the nodes in parallel."""
        asked: dict[NodeId, list[tuple[int, int]]] = {}
        for index, trial in planned.items():
            for number, question in enumerate(trial.asked):
                asked.setdefault(question.node, []).append((index, number))
        replies: dict[tuple[int, int], Reply] = {}
        failures: dict[int, str] = {}
        questions = {node: [planned[index].asked[number] for index, number in keys] for node, keys in asked.items()}
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for node, answered in zip(asked, pool.map(self._ask, asked, questions.values()), strict=True):
                for (index, number), reply in zip(asked[node], answered, strict=True):
                    if isinstance(reply, str):
                        failures[index] = reply
                    else:
                        replies[index, number] = reply
        found: dict[int, Seen] = {}
        for index, trial in planned.items():
            if index in failures:
                found[index] = Seen(None, failures[index])
                continue
            observed = Observed(tuple(replies[index, number] for number in range(len(trial.asked))))
            found[index] = trial.judged(observed)
        return found

    def _ask(self, node: NodeId, asked: Sequence[Asked]) -> list[Reply | str]:
        """The replies to what is asked at a node, each of them or the error message."""
        questions = [item.question for item in asked]
        outside = [question for question in questions if not question.is_inside]
        found: dict[Question, Reply | str] = dict(zip(outside, self._beside(node, outside), strict=True))
        found |= {question: self._inside(node, question) for question in dict.fromkeys(questions) if question.is_inside}
        return [found[question] for question in questions]

    def _beside(self, node: NodeId, questions: Sequence[Question]) -> Sequence[Reply | str]:
        """By the probe beside the node, all at once."""
        slowness = self.bench.driver.slowness
        if not questions:
            return ()
        try:
            probe = self.bench.probes.at(node)
            return ask(probe, node, questions, patience=self.patience * slowness, slowness=slowness)
        except DriverError as error:
            return [error.message] * len(questions)

    def _inside(self, node: NodeId, question: Question) -> Reply | str:
        """By a program of the node's."""
        driver = self.bench.driver
        try:
            answer = driver.ask(
                self.bench.deployment, host_name(node), question.words, timeout=_INSIDE * driver.slowness
            )
            return Reply(Outcome.RAN, answer.output, answer.status)
        except DriverError as error:
            return error.message

    def _alone(self, trial: Trial) -> Seen:
        began = self.bench.pace.now()
        try:
            with ExitStack() as stack:
                recordings = self._listen(trial.listeners, stack)
                while True:
                    seen = self._ask_and_read(trial, recordings)
                    passed = self.bench.pace.now() - began
                    if seen.holds or passed >= trial.seconds:
                        return replace(seen, seconds=passed)
                    self.bench.pace.sleep(_PAUSE)
        except DriverError as error:
            return Seen(None, error.message)

    def _ask_and_read(self, trial: Trial, recordings: dict[Listener, Recording]) -> Seen:
        """Ask once, then read the recordings several times: packets appear in them with a delay."""
        before = {at: sum(1 for _ in frames(recording.read())) for at, recording in recordings.items()}
        replies: dict[int, Reply] = {}
        for node in dict.fromkeys(item.node for item in trial.asked):
            numbers = [number for number, item in enumerate(trial.asked) if item.node == node]
            for number, reply in zip(numbers, self._ask(node, [trial.asked[one] for one in numbers]), strict=True):
                if isinstance(reply, str):
                    return Seen(None, reply)
                replies[number] = reply
        in_order = tuple(replies[number] for number in range(len(trial.asked)))
        seen = Seen(None, "")
        for _ in range(_READS):
            self.bench.pace.sleep(_LAST_FRAMES / _READS)
            recorded = {at: _recorded(at, recording, before[at]) for at, recording in recordings.items()}
            seen = trial.judged(Observed(in_order, recorded))
        return seen

    def _listen(self, listeners: Sequence[Listener], stack: ExitStack) -> dict[Listener, Recording]:
        """Start all recordings in parallel. Each ends with the stack."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            begun = [(listener, pool.submit(self._enter, listener, stack)) for listener in dict.fromkeys(listeners)]
            return {listener: future.result() for listener, future in begun}

    def _enter(self, listener: Listener, stack: ExitStack) -> Recording:
        return stack.enter_context(
            self.bench.driver.listen(self.bench.deployment, host_name(listener.node), listener.interface)
        )


def _doubt(node: NodeId) -> str:
    return f"only `{node}` itself could say it, which runs what its author likes"


def _recorded(listener: Listener, recording: Recording, skipped: int) -> tuple[Frame, ...]:
    """The packets recorded after the first `skipped` ones."""
    return tuple(frame for frame in islice(frames(recording.read()), skipped, None) if listener.accepts(frame))
