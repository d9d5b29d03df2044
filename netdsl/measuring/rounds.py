"""Rounds of one or several targets, one after another and in turn, so that what changes on the machine meets them all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from netdsl.codegen.manifest import MANIFEST
from netdsl.measuring.failures import RunExists
from netdsl.measuring.instruments import INSTRUMENTS, Instruments
from netdsl.measuring.job import Ground, Job, Said, Step, Watch, unwatched
from netdsl.measuring.measurement import Existing
from netdsl.measuring.resuming import resumed
from netdsl.measuring.round import Hooks, measure_round
from netdsl.measuring.stopping import Stop, stoppable
from netdsl.measuring.store import read_run, write_run
from netdsl.measuring.types import FORMAT, Machine, Round, Run
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Fact
from netdsl.version import __version__


def measure_all(
    jobs: Sequence[Job],
    runs: int | None = None,
    *,
    existing: Existing = Existing.REFUSE,
    watch: Watch = unwatched,
    ground: Ground | None = None,
    instruments: Instruments = INSTRUMENTS,
) -> tuple[Run, ...]:
    """A run for each job, in their order: round 1 of each, then round 2 of each. `runs` None: 1, or what a file that is
    resumed wanted. Only the rounds that a file does not have are done.

    Whatever happens, nothing that was started here runs afterwards, and every job's file has what was measured. Raises
    RunExists, CannotResume, RunUnreadable, OSError; DriverError (the runtime does not answer, the lab runs already, it
    could not be taken down); KeyboardInterrupt for SIGINT, SIGTERM and SIGHUP.
    """
    ground = ground or Ground()
    machine = ground.machine()
    measured = [_Measured(job, _begin(job, runs, machine, existing)) for job in jobs]
    session = _Session(measured, ground, instruments, watch)
    with stoppable() as stop:
        session.prepare(stop)
        for number in range(1, max((one.run.wanted for one in measured), default=0) + 1):
            for one in measured:
                if one.misses(number):
                    session.round(one, number, stop)
    return tuple(one.run for one in measured)


def _begin(job: Job, runs: int | None, machine: Machine, existing: Existing) -> Run:
    new = Run(
        format=FORMAT,
        netdsl=__version__,
        target=job.target,
        subject=job.subject,
        machine=machine,
        facts=(),
        methods=job.meter.methods(),
        plan=job.plan,
        paths=job.paths,
        wanted=runs or 1,
    )
    if job.file is None or not job.file.exists():
        return new
    match existing:
        case Existing.ANEW:
            return new
        case Existing.REFUSE:
            raise RunExists(job.file)
        case Existing.RESUME:
            return resumed(read_run(job.file), new, job.file, runs)
        case _:
            assert_never(existing)


@dataclass(slots=True)
class _Measured:
    """A job and what is known of it so far. `compiled`: the folder's manifest when measuring began. `is_left`: the file
    says that a round began and not that it was taken down."""

    job: Job
    run: Run
    compiled: bytes = b""
    is_left: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_left = any(one.is_cut and one.teardown is None for one in self.run.rounds)

    def misses(self, number: int) -> bool:
        return number <= self.run.wanted and not any(one.number == number and not one.is_cut for one in self.run.rounds)

    def keep(self, new: Round) -> None:
        """In place of what a cut round of that number has left. Raises OSError."""
        others = [one for one in self.run.rounds if one.number != new.number]
        rounds = sorted([*others, new], key=lambda one: one.number)
        self.run = replace(self.run, rounds=tuple(rounds))
        self.write()

    def learn(self, facts: tuple[Fact, ...]) -> None:
        """Raises DriverError: it is another runtime than that of the rounds before."""
        if self.run.facts and self.run.facts != facts:
            old = {fact.name: fact.value for fact in self.run.facts}
            new = [f"{fact.name}: {fact.value}" for fact in facts if old.get(fact.name) != fact.value]
            raise DriverError(f"something else runs it than in the rounds before: {'; '.join(new) or 'less is known'}")
        self.run = replace(self.run, facts=facts)

    def write(self) -> None:
        if self.job.file is not None:
            write_run(self.job.file, self.run)


@dataclass(slots=True)
class _Session:
    measured: Sequence[_Measured]
    ground: Ground
    instruments: Instruments
    watch: Watch
    guesses: dict[str, float] = field(default_factory=dict)

    def prepare(self, stop: Stop) -> None:
        """Before anything is started: nothing runs, and the files can be written."""
        for one in self.measured:
            one.compiled = _manifest(one.job)
            self._free(one, stop)
        for one in self.measured:
            one.write()
            known = [each.seconds for each in one.run.rounds if not each.is_cut]
            guess = known[-1] if known else one.job.guess
            if guess is not None:
                self.guesses[one.job.target] = guess

    def round(self, one: _Measured, number: int, stop: Stop) -> None:
        job, began = one.job, self.ground.pace.now()
        if _manifest(job) != one.compiled:
            raise DriverError(
                f"{job.deployment.folder} was compiled anew while it was measured",
                remedy="measure again, with --anew if the lab is another one now",
            )
        hooks = Hooks(
            step=lambda name: self.watch(
                Step(job.target, number, one.run.wanted, name, self._rest(one, number, began))
            ),
            said=lambda text: self.watch(Said(text)),
            keep=one.keep,
            facts=one.learn,
        )
        done = measure_round(job, number, self.ground, self.instruments, hooks, stop)
        one.keep(done)
        self.guesses[job.target] = done.seconds
        stop.release()

    def _free(self, one: _Measured, stop: Stop) -> None:
        """Raises DriverError where the lab runs; what a measurement that died has left is taken down, which a stop does not
        interrupt."""
        driver, deployment = one.job.driver, one.job.deployment
        running = [state.node for state in driver.status(deployment) if state.state != "absent"]
        if not running:
            return
        if not one.is_left:
            raise DriverError(
                f"the lab is there already ({', '.join(running[:3])}{', …' if len(running) > 3 else ''}): "
                "to measure is to start it anew",
                remedy=f"netdsl down -t {one.job.target} {deployment.folder}; or another --project",
            )
        self.watch(Said("taking down what the measurement before has left"))
        stop.hold()
        driver.down(deployment, lambda text: self.watch(Said(text)))
        stop.release()

    def _rest(self, current: _Measured, number: int, began: float) -> float | None:
        """By what rounds took so far; None where nothing is known of a target."""
        total = 0.0
        for one in self.measured:
            missing = sum(one.misses(each) for each in range(1, one.run.wanted + 1))
            guess = self.guesses.get(one.job.target)
            if missing and guess is None:
                return None
            total += missing * (guess or 0.0)
        return max(total - (self.ground.pace.now() - began), 0.0)


def _manifest(job: Job) -> bytes:
    try:
        return (job.deployment.folder / MANIFEST).read_bytes()
    except OSError:
        return b""
