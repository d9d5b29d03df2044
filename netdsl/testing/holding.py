"""How long a lab that has just started takes until everything that is expected of it is so."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.expectation import Expectation, Reaches
from netdsl.ir.lab import Lab
from netdsl.packets.world import World
from netdsl.runtime.driver import Deployment, Driver
from netdsl.testing.pace import Pace
from netdsl.testing.plan import trials
from netdsl.testing.run import Session, session_of
from netdsl.testing.trial import Observed, Trial
from netdsl.testing.types import Seen
from netdsl.verify.expectations import prove
from netdsl.verify.types import Proof

_BETWEEN = 0.05  # seconds from one round of questions to the next
_PATIENCE = 0.3
"""Seconds for an answer, in a container. Who opens a tunnel loses the first packet, and its TCP sends it again after a
second only: who asks anew knows earlier that it is up."""
_LEAST = 30.0  # seconds that a lab has at least, in containers


def holding(
    lab: Lab, driver: Driver, deployment: Deployment, pace: Pace | None = None, *, progress: Callable[[str], None]
) -> float | None:
    """Seconds from now until every line that is expected of the lab as it is (no `while`, no `failure`) holds; None where
    one does not in its time.

    What must pass is asked again and again until all of it has passed at once: that moment counts. What must not pass is
    asked then; that it gets no answer takes its patience to see, and held from the beginning. Of `encrypted` and `goes
    through` only that the packets pass counts here: by which way is what `run` finds out. The lab has just
    been brought up, every node ready. Raises DriverError.
    """
    pace = pace or Pace()
    began = pace.now()
    session = session_of(lab, driver, deployment, pace, progress)
    chosen = [proof for proof in _proofs(session.bench.world) if _is_of_the_lab_as_it_is(proof.expectation)]
    planned = trials(session.bench.world, chosen, session.mark, driver.slowness)
    pairs = list(zip(chosen, map(_by_its_answers, planned), strict=True))
    passing = [trial for proof, trial in pairs if not _is_negative(proof)]
    blocked = [trial for proof, trial in pairs if _is_negative(proof)]
    limit = max([_LEAST * driver.slowness, *(trial.seconds for trial in planned)])
    if _until_all(replace(session, patience=_PATIENCE), passing, began + limit) is None:
        return None
    passed = pace.now() - began
    asked = _until_all(session, blocked, began + limit)
    return None if asked is None else max(passed, asked - began)


def _until_all(session: Session, planned: Sequence[Trial], end: float) -> float | None:
    """Rounds until all hold in one: when that one began. None at the end of the time."""
    pace = session.bench.pace
    numbered = dict(enumerate(planned))
    while True:
        asked = pace.now()
        if all(seen.holds for seen in session.round(numbered).values()):
            return asked
        if pace.now() >= end:
            return None
        pace.sleep(_BETWEEN)


def _proofs(world: World) -> Sequence[Proof]:
    return prove(world, Diagnostics()).proofs


def _is_of_the_lab_as_it_is(block: Expectation) -> bool:
    return block.state is None and not block.is_failure


def _is_negative(proof: Proof) -> bool:
    claim = proof.line.claim
    return isinstance(claim, Reaches) and claim.is_negative


def _by_its_answers(trial: Trial) -> Trial:
    """A line with recordings, without them."""
    if not trial.ears:
        return trial

    def judge(observed: Observed) -> Seen:
        return Seen(all(reply.passes for reply in observed.replies), "")

    return replace(trial, ears=(), judge=judge)
