"""The time from the start of a lab until all its expectations hold."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.expectation import Expectation, Reaches
from netdsl.ir.lab import Lab
from netdsl.packets.world import World
from netdsl.runtime.driver import Deployment, Driver
from netdsl.testing.beside import probing
from netdsl.testing.pace import Pace
from netdsl.testing.plan import trials
from netdsl.testing.session import Session, session_of
from netdsl.testing.trial import Observed, Trial
from netdsl.testing.types import Seen
from netdsl.verify.expectations import prove
from netdsl.verify.types import Proof

_PAUSE = 0.05  # seconds between two rounds of questions
_PATIENCE = 0.3
"""Seconds for an answer, in a container. The packet that opens a tunnel is lost, and TCP retransmits it after a second
only: a new question finds earlier that the tunnel is up."""
_LEAST = 30.0  # seconds: the shortest limit, in containers


def holding(
    lab: Lab, driver: Driver, deployment: Deployment, pace: Pace | None = None, *, progress: Callable[[str], None]
) -> float | None:
    """Seconds from now until every line outside of blocks with `while` or `failure` holds; None if one does not in
    time.

    Positive lines are probed repeatedly until all hold in one round, whose begin counts. Negative lines are probed
    then; the time to wait for their missing answers does not count. Of `encrypted` and `goes through` only the passing
    of the packets is probed; `run` tests the rest. Every node of the lab must be ready. Raises DriverError.
    """
    pace = pace or Pace()
    began = pace.now()
    with probing(driver, deployment, progress) as probes:
        return _held(session_of(lab, probes, pace, progress), began)


def _held(session: Session, began: float) -> float | None:
    pace, driver = session.bench.pace, session.bench.driver
    chosen = [proof for proof in _proofs(session.bench.world) if _is_unconditional(proof.expectation)]
    planned = trials(session.bench.world, chosen, session.mark, driver.slowness)
    pairs = list(zip(chosen, map(_without_recordings, planned), strict=True))
    passing = [trial for proof, trial in pairs if not _is_negative(proof)]
    blocked = [trial for proof, trial in pairs if _is_negative(proof)]
    limit = max([_LEAST * driver.slowness, *(trial.seconds for trial in planned)])
    if _until_all(replace(session, patience=_PATIENCE), passing, began + limit) is None:
        return None
    passed = pace.now() - began
    last_round = _until_all(session, blocked, began + limit)
    return None if last_round is None else max(passed, last_round - began)


def _until_all(session: Session, planned: Sequence[Trial], end: float) -> float | None:
    """Repeat rounds until all trials hold in one. Returns when it began, or None after `end`."""
    pace = session.bench.pace
    numbered = dict(enumerate(planned))
    while True:
        round_began = pace.now()
        if all(seen.holds for seen in session.round(numbered).values()):
            return round_began
        if pace.now() >= end:
            return None
        pace.sleep(_PAUSE)


def _proofs(world: World) -> Sequence[Proof]:
    return prove(world, Diagnostics()).proofs


def _is_unconditional(block: Expectation) -> bool:
    return block.state is None and not block.is_failure


def _is_negative(proof: Proof) -> bool:
    claim = proof.line.claim
    return isinstance(claim, Reaches) and claim.is_negative


def _without_recordings(trial: Trial) -> Trial:
    """A trial with recordings, reduced to its replies."""
    if not trial.listeners:
        return trial

    def evaluate(observed: Observed) -> Seen:
        return Seen(all(reply.passes for reply in observed.replies), "")

    return replace(trial, listeners=(), evaluate=evaluate)
