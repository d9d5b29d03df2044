"""The rounds of one or several targets, in turn, so that changes of the machine's load affect all targets alike."""

from collections.abc import Sequence
from dataclasses import field, replace
from shlex import quote
from typing import assert_never

from netdsl.codegen.manifest import MANIFEST
from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named
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
    """A run for each job, in their order. Round 1 of every job is followed by round 2 of every job. `runs` None: 1, or
    the number in the file that is resumed. Rounds that the file has are not repeated.

    On every return or exception the labs are taken down and every job's file has what was measured. Raises RunExists,
    CannotResume, RunUnreadable, OSError; DriverError (the runtime does not answer, the lab runs already, it could not
    be taken down); KeyboardInterrupt for SIGINT, SIGTERM and SIGHUP.
    """
    ground = ground or Ground()
    machine = ground.machine()
    measured = [_Measured(job, _begin(job, runs, machine, existing)) for job in jobs]
    session = _Session(measured, ground, instruments, watch)
    with stoppable() as stop:
        session.prepare(stop)
        for number in range(1, max((target.run.wanted for target in measured), default=0) + 1):
            for target in measured:
                if target.misses(number):
                    session.round(target, number, stop)
    return tuple(target.run for target in measured)


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
    """A job with its run so far. `compiled`: the folder's manifest when measuring began. `is_left`: whether the file
    has a round that began and was not taken down."""

    job: Job
    run: Run
    compiled: bytes = b""
    is_left: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_left = any(round_.is_cut and round_.teardown is None for round_ in self.run.rounds)

    def misses(self, number: int) -> bool:
        complete = {round_.number for round_ in self.run.rounds if not round_.is_cut}
        return number <= self.run.wanted and number not in complete

    def keep(self, new: Round) -> None:
        """Add a round, in place of an incomplete one of the same number, and write the file. Raises OSError."""
        others = [round_ for round_ in self.run.rounds if round_.number != new.number]
        rounds = sorted([*others, new], key=lambda round_: round_.number)
        self.run = replace(self.run, rounds=tuple(rounds))
        self.write()

    def learn(self, facts: tuple[Fact, ...]) -> None:
        """Record the facts of the runtime. Raises DriverError if they differ from those of the previous rounds."""
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
        """Check before the first start that no lab runs, that what asks is there, and that the files can be written."""
        for measured in self.measured:
            measured.compiled = _manifest(measured.job)
            self._free(measured, stop)
            if measured.job.lab.expectations:
                measured.job.driver.prepare_probes(lambda text: self.watch(Said(text)))
        for measured in self.measured:
            measured.write()
            seconds = [round_.seconds for round_ in measured.run.rounds if not round_.is_cut]
            guess = seconds[-1] if seconds else measured.job.guess
            if guess is not None:
                self.guesses[measured.job.name] = guess

    def round(self, measured: _Measured, number: int, stop: Stop) -> None:
        job, began = measured.job, self.ground.pace.now()
        if _manifest(job) != measured.compiled:
            raise DriverError(
                f"{job.deployment.folder} was compiled anew while it was measured",
                remedy="measure again, with --anew if the lab is another one now",
            )
        hooks = Hooks(
            step=lambda name: self.watch(
                Step(job.name, number, measured.run.wanted, name, self._rest(measured, number, began))
            ),
            said=lambda text: self.watch(Said(text)),
            keep=measured.keep,
            facts=measured.learn,
        )
        done = measure_round(job, number, self.ground, self.instruments, hooks, stop)
        measured.keep(done)
        self.guesses[job.name] = done.seconds
        stop.release()

    def _free(self, measured: _Measured, stop: Stop) -> None:
        """Take down what an aborted measurement has left, without interruption by signals. Raises DriverError if the lab
        runs otherwise."""
        driver, deployment = measured.job.driver, measured.job.deployment
        running = [state.node for state in driver.status(deployment) if state.state != "absent"]
        if not running:
            return
        if not measured.is_left:
            raise DriverError(
                f"the lab is there already ({', '.join(running[:3])}{', …' if len(running) > 3 else ''}): "
                "to measure is to start it anew",
                remedy=f"netdsl down -t {measured.job.target} {quote(str(deployment.folder))}; or another --project",
            )
        self.watch(Said("taking down what the measurement before has left"))
        stop.hold()
        driver.down(deployment, lambda text: self.watch(Said(text)))
        stop.release()

    def _rest(self, current: _Measured, number: int, began: float) -> float | None:
        """The estimated seconds until the end, by the previous rounds; None if there is no estimate for a target."""
        total = 0.0
        for measured in self.measured:
            missing = sum(measured.misses(n) for n in range(1, measured.run.wanted + 1))
            guess = self.guesses.get(measured.job.name)
            if missing and guess is None:
                return None
            total += missing * (guess or 0.0)
        return max(total - (self.ground.pace.now() - began), 0.0)


def _manifest(job: Job) -> bytes:
    try:
        return read_named(job.deployment.folder / MANIFEST)
    except OSError:
        return b""
