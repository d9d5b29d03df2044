"""One round: a lab is booted, measured, tested and taken down. A step that fails is recorded, the next ones are
done."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from shlex import quote
from typing import TypeVar, assert_never

from netdsl.dataclass import dataclass
from netdsl.measuring.instruments import Instruments
from netdsl.measuring.job import Ground, Job
from netdsl.measuring.paths import TCP, UDP, is_possible
from netdsl.measuring.probes import Incomplete, NoAnswer
from netdsl.measuring.sampling import INTERVAL, Sampler
from netdsl.measuring.stopping import Stop, end_children
from netdsl.measuring.types import (
    CUT,
    Boot,
    BootKind,
    FirstAnswer,
    Latency,
    Line,
    Moment,
    OnWire,
    Path,
    Reading,
    Round,
    Throughput,
    Trouble,
)
from netdsl.measuring.verdicts import lines_of
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Disk, Fact, Usage
from netdsl.testing.holding import holding
from netdsl.testing.run import run
from netdsl.testing.session import esp_of

T = TypeVar("T")
TEARDOWN = "taking down"


@dataclass(frozen=True, slots=True)
class Hooks:
    """`step`: a step begins; `said`: a message during it; `keep`: writes the round so far to the file; `facts`: records
    the facts of the runtime."""

    step: Callable[[str], None]
    said: Callable[[str], None]
    keep: Callable[[Round], None]
    facts: Callable[[tuple[Fact, ...]], None]


class RoundEnds(Exception):
    """A required step has failed, and the round ends; the reason is among its troubles."""


def measure_round(job: Job, number: int, ground: Ground, instruments: Instruments, hooks: Hooks, stop: Stop) -> Round:
    """Measure a round. The lab must not run before, and does not run afterwards.

    Raises KeyboardInterrupt, DriverError (the lab could not be taken down), OSError (the file could not be written).
    Then what was measured has been passed to `keep` as an incomplete round, if possible.
    """
    round_ = _Round(job, number, ground, instruments, hooks, stop)
    try:
        round_.measure()
    except KeyboardInterrupt:
        stop.is_asked = True  # another handler may have received the signal, in a block that restores a state
        raise
    finally:
        try:
            stop.hold()
        finally:
            round_.take_down()
    return round_.finished()


@dataclass(slots=True)
class _Round:
    job: Job
    number: int
    ground: Ground
    instruments: Instruments
    hooks: Hooks
    stop: Stop
    began: float = field(init=False)
    at: str = field(init=False)
    load: float = field(init=False)
    cut: str = "it did not get to its end"
    boots: list[Boot] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    cpu: float | None = None
    disk: Disk | None = None
    latencies: list[Latency] = field(default_factory=list)
    throughputs: list[Throughput] = field(default_factory=list)
    wires: list[OnWire] = field(default_factory=list)
    firsts: list[FirstAnswer] = field(default_factory=list)
    lines: tuple[Line, ...] = ()
    teardown: float | None = None
    troubles: list[Trouble] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.ground.pace.now()
        self.at = self.ground.clock().isoformat(timespec="seconds")
        self.load = self.ground.load()

    # --- the steps of a round

    def measure(self) -> None:
        """All steps before the teardown."""
        self.hooks.keep(self.so_far())  # after a SIGKILL, --resume identifies the running lab by this entry
        try:
            for kind in self.job.plan.boots:
                self._boot(kind)
                self.hooks.keep(self.so_far())
            self._measure_running()
        except RoundEnds:
            self.hooks.said("the round ends here")
        self.cut = ""

    def take_down(self) -> None:
        """Take the lab down, also if it is only partly up. Signals do not interrupt. Raises DriverError if something
        stays."""
        job, pace = self.job, self.ground.pace
        if self.cut and self.stop.is_asked:
            end_children(pace, job.driver.slowness, self.stop.others)
            self.cut = "it was stopped"
        self.hooks.step(TEARDOWN)
        began = pace.now()
        try:
            job.driver.down(job.deployment, self.hooks.said)
        except DriverError as error:
            self._take_down_again()
            self._trouble(TEARDOWN, error)
        else:
            self.teardown = _precise(pace.now() - began)
        if self.cut or self.stop.is_asked:  # after a stop the caller does not get the round returned
            self.hooks.keep(self.so_far() if self.cut else self.finished())

    def _take_down_again(self) -> None:
        """Retry: a second Ctrl-C ends the program that takes the lab down, or the runtime was busy. The duration of two
        attempts is no measurement and is not recorded."""
        try:
            self.job.driver.down(self.job.deployment, self.hooks.said)
        except DriverError as error:
            self._trouble(TEARDOWN, error)
            self.cut = "the lab could not be taken down"
            self.hooks.keep(self.so_far())
            folder = quote(str(self.job.deployment.folder))
            error.remedy = f"netdsl down -t {self.job.target} {folder}, then the same with --resume"
            raise

    def _boot(self, kind: BootKind) -> None:
        job, now = self.job, self.ground.pace.now
        build = self._ready_for(kind)
        since = now() - build
        sampler = self._sampler(kind, Moment.BOOT, since)
        with sampler:
            began = now()
            with self._required(f"{kind} boot: starting"):
                job.driver.up(job.deployment, self.hooks.said, timeout=job.timeout)
            up = now() - began
            holding_seconds = self._tried(f"{kind} boot: until everything holds", self._until_it_holds)
        self._note(sampler)
        usage = self._tried(f"{kind} boot: processor time", lambda: job.meter.usage(job.deployment), is_quiet=True)
        if not self.boots and holding_seconds is not None and usage is not None:
            self.cpu = _precise(sum(node.cpu for node in usage.nodes))
        holds = None if holding_seconds is None else _precise(holding_seconds)
        self.boots.append(Boot(kind, _precise(build), _precise(up), holds))
        self._tried("what runs it", lambda: self.hooks.facts(job.meter.facts(job.deployment)), is_quiet=True)
        self._rest(kind, since)

    def _ready_for(self, kind: BootKind) -> float:
        """Bring about the state before a boot of this kind. Returns the seconds that belong to a fresh boot
        (building)."""
        match kind:
            case BootKind.FRESH:
                return self._built()
            case BootKind.WARM:
                self._parked()
                return 0.0
            case _:
                assert_never(kind)

    def _built(self) -> float:
        job, now = self.job, self.ground.pace.now
        if self.boots:
            with self._required("taking down before the fresh boot"):
                job.driver.down(job.deployment, self.hooks.said)
        began = now()
        with self._required(f"{BootKind.FRESH} boot: building"):
            job.meter.rebuild(job.deployment, self.hooks.said)
        return now() - began

    def _parked(self) -> None:
        job = self.job
        if not self.boots:
            with self._required("a first boot, so that the next is warm"):
                job.driver.up(job.deployment, self.hooks.said, timeout=job.timeout)
        with self._required("parking"):
            job.meter.park(job.deployment, self.hooks.said)

    def _until_it_holds(self) -> float | None:
        job = self.job
        if all(block.is_failure or block.state is not None for block in job.lab.expectations):
            return 0.0
        seconds = holding(job.lab, job.driver, job.deployment, self.ground.pace, progress=self.hooks.said)
        if seconds is None:
            raise DriverError("not everything that is expected came to hold", remedy="the verdicts say what does not")
        return seconds

    def _rest(self, kind: BootKind, since: float) -> None:
        job, pace = self.job, self.ground.pace

        def read() -> Usage:
            pace.sleep(job.plan.steady)
            return job.meter.usage(job.deployment)

        usage = self._tried(f"{kind} boot: at rest", read)
        if usage is not None:
            self.readings.append(Reading(kind, Moment.STEADY, round(pace.now() - since, 3), usage))

    def _measure_running(self) -> None:
        """The measurements on the running lab: latency, throughput, bytes on the wire, disk, expectations, first answer."""
        job = self.job
        answering = [path for path in self._possible() if self._answers(path)]
        sampler = self._sampler(job.plan.boots[-1], Moment.LOAD, self.ground.pace.now())
        if answering:
            with sampler:
                for path in answering:
                    self._throughput(path)
            self._note(sampler)
        for path in answering:
            self._on_wire(path)
        self.disk = self._tried("disk", lambda: job.meter.disk(job.deployment))
        if job.lab.expectations:
            results = self._tried(
                "expectations",
                lambda: run(job.lab, job.driver, job.deployment, job.target, self.hooks.said, self.ground.pace),
            )
            self.lines = () if results is None else lines_of(results)
        for path in answering:
            if path.tunnels:
                self._first(path)

    def _possible(self) -> Iterator[Path]:
        """The paths that pass with the kind of ESP that the nodes have. One that was asked for and does not is a
        trouble."""
        job = self.job
        esp = esp_of(job.lab, job.driver, job.deployment) if any(path.esp for path in job.paths) else ""
        for path in job.paths:
            if is_possible(path, esp):
                yield path
                continue
            text = f"with the nodes' ESP ({esp}) nothing passes; it does with the other kind ({path.esp})"
            if job.plan.pairs:
                self._trouble(f"latency of {path.name}", DriverError(text))
            else:
                self.hooks.said(f"{path.name}: {text}")

    def _answers(self, path: Path) -> bool:
        """Measure a path's latency. Returns False if nothing answers there: then its throughput is not measured."""
        step = f"latency of {path.name}"
        try:
            found = self._tried(step, lambda: self.instruments.latency(self.job, path))
        except NoAnswer as silence:
            self._trouble(step, silence)
            return False
        if found is not None:
            self.latencies.append(found)
        return True

    def _throughput(self, path: Path) -> None:
        """Measure a path. UDP that the lab's filters drop is no trouble: the path's services say so."""
        step = f"throughput of {path.name}"
        try:
            self.throughputs += self._tried(step, lambda: self.instruments.throughput(self.job, path)) or ()
        except Incomplete as incomplete:
            self.throughputs += incomplete.found
            if {TCP, UDP} <= set(path.services):
                self._trouble(step, incomplete)

    def _on_wire(self, path: Path) -> None:
        step = f"bytes on the wire of {path.name}"
        self.wires += self._tried(step, lambda: self.instruments.on_wire(self.job, path)) or ()

    def _first(self, path: Path) -> None:
        found = self._tried(f"first answer of {path.name}", lambda: self.instruments.first_answer(self.job, path))
        self.firsts += () if found is None else (found,)

    # --- the result

    def so_far(self) -> Round:
        """The round as incomplete, which --resume repeats."""
        return self._round((*self.troubles, Trouble(CUT, self.cut)))

    def finished(self) -> Round:
        return self._round(tuple(self.troubles))

    def _round(self, troubles: Sequence[Trouble]) -> Round:
        return Round(
            number=self.number,
            began=self.at,
            seconds=round(self.ground.pace.now() - self.began, 3),
            load=(self.load, self.ground.load()),
            boots=tuple(self.boots),
            readings=tuple(self.readings),
            cpu=self.cpu,
            disk=self.disk,
            latencies=tuple(self.latencies),
            throughputs=tuple(self.throughputs),
            wires=tuple(self.wires),
            firsts=tuple(self.firsts),
            lines=self.lines,
            teardown=self.teardown,
            troubles=tuple(troubles),
        )

    # --- running a step

    def _tried(self, step: str, do: Callable[[], T], *, is_quiet: bool = False) -> T | None:
        """The result of a step, or None and a trouble if it fails. `is_quiet`: the step is short and is not displayed.
        Raises Incomplete, NoAnswer."""
        self._begin(step, is_quiet=is_quiet)
        try:
            return do()
        except (Incomplete, NoAnswer):
            raise
        except DriverError as error:
            self._trouble(step, error)
            return None

    @contextmanager
    def _required(self, step: str) -> Iterator[None]:
        """A context for a step without which the round ends. Raises RoundEnds."""
        self._begin(step)
        try:
            yield
        except DriverError as error:
            self._trouble(step, error)
            raise RoundEnds from error

    def _begin(self, step: str, *, is_quiet: bool = False) -> None:
        if self.stop.is_asked:
            raise KeyboardInterrupt
        if not is_quiet:
            self.hooks.step(step)

    def _trouble(self, step: str, error: DriverError) -> None:
        """Record the error with the last lines of output, which are lost after the teardown. A step that failed because
        of a stop is no trouble: the stop is raised again."""
        if not self.stop.is_held and (self.stop.is_asked or _follows_a_stop(error)):
            raise KeyboardInterrupt from error
        tail = error.tail.strip().splitlines()[-5:]
        message = "\n".join([error.message, *tail])
        self.troubles.append(Trouble(step, message, error.remedy or ""))
        self.hooks.said(f"{step}: {error.message}")

    def _sampler(self, kind: BootKind, moment: Moment, since: float) -> Sampler:
        job = self.job
        interval = INTERVAL * job.driver.slowness
        return Sampler(job.meter, job.deployment, kind, moment, since, interval, self.ground.pace)

    def _note(self, sampler: Sampler) -> None:
        self.readings += sampler.readings
        if sampler.failure is not None:
            self._trouble(f"readings ({sampler.moment})", sampler.failure)


def _precise(seconds: float) -> float:
    """Seconds rounded to a tenth of a millisecond."""
    return round(seconds, 4)


def _follows_a_stop(error: BaseException) -> bool:
    """Whether the error was raised while a KeyboardInterrupt was being handled."""
    context = error.__context__
    return context is not None and (isinstance(context, KeyboardInterrupt) or _follows_a_stop(context))
