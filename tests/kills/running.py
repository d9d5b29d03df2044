"""Verbs on the engine, killed at a random moment; what is there after the next `down`, and whether the next `up` works."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.kills.compiling import own_files

_LAB = """\
lab {name}
network lan 10.9.1.0/24
host one {{ interface on lan .1 ; serve http tcp/80 }}
host two {{ interface on lan .2 }}
expect {{
  two reaches one tcp/80
  two to one tcp/80 is not encrypted on lan
}}
"""
_ENDS = 30.0  # seconds
_CALL = (sys.executable, "-m", "netdsl.cli.start")
_SHORT = ("--boot", "warm", "--pings", "5", "--seconds", "0.5", "--rest", "0", "--anew")
WORDS: dict[str, tuple[str, ...]] = {
    "up": ("up", "lab.net", "--closed"),
    "down": ("down", "lab.net"),
    "test": ("test", "lab.net"),
    "test --up": ("test", "lab.net", "--up", "--closed"),
    "measure": ("measure", "lab.net", "--closed", *_SHORT),
}
_RUNNING = ("down", "test")
"""Verbs that are called where the lab runs; the others where nothing of it is there."""


@dataclass(frozen=True, slots=True)
class Way:
    """`is_group`: all that the verb has started gets the signal, too, but for what has a session of its own."""

    what: str
    number: signal.Signals
    is_group: bool


WAYS = (
    Way("KILL, to the process", signal.SIGKILL, False),
    Way("KILL, to all of its group", signal.SIGKILL, True),
    Way("INT, to the process", signal.SIGINT, False),
    Way("INT, to all of its group", signal.SIGINT, True),
)
_GUESSES = {"up": 4.0, "down": 2.0, "test": 4.0, "test --up": 9.0, "measure": 15.0}
"""Seconds on a quiet machine, each of them in the proportion to `up`."""
_ROOT = Path(__file__).parents[2]
_PATIENCE = 240.0  # seconds, of a verb that is not killed, or that was interrupted


@dataclass(slots=True)
class Running:
    """Many runs of one lab. `seconds`: how long `up` took the last time."""

    folder: Path
    name: str
    seconds: float = _GUESSES["up"]
    is_up: bool = False
    has_begun: bool = False

    def begin(self) -> None:
        """The lab compiled, its images built, and its scratch folder."""
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        (self.folder / "lab.net").write_text(_LAB.format(name=self.name))
        done = self._call("compile", "lab.net", "--closed")
        assert done.returncode == 0, done.stderr
        self.has_begun = True
        self.end()
        self._up()

    def end(self) -> "subprocess.CompletedProcess[str]":
        self.is_up = False
        return self._call(*WORDS["down"])

    def _up(self) -> "subprocess.CompletedProcess[str]":
        began = time.monotonic()
        done = self._call(*WORDS["up"])
        self.seconds = time.monotonic() - began
        self.is_up = True
        return done

    def killed(self, seed: int) -> tuple[str, list[str]] | None:
        """One run: how it was killed, and what is wrong then. None where the verb had ended before."""
        random = Random(seed)
        verb = random.choice(tuple(WORDS))
        way = random.choice(WAYS)
        fraction = random.random()
        process = self._begun(verb)
        moment = fraction * _GUESSES[verb] * self.seconds / _GUESSES["up"]
        try:
            process.wait(moment)
            self.is_up = verb in ("up", "test")
            return None
        except subprocess.TimeoutExpired:
            _kill(process, way)
        return f"{verb}, {way.what}, after {moment:.2f} s", list(self._troubles(process, way.number))

    def killed_where(self, verb: str, way: Way, holds: Callable[[], bool]) -> list[str]:
        """What is wrong where a verb is killed as soon as something holds."""
        process = self._begun(verb)
        while not holds() and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, "it has ended"
        _kill(process, way)
        return list(self._troubles(process, way.number))

    def has_container(self, name: str) -> bool:
        """Whether one of the lab with this in its name runs."""
        return bool(_said("docker", "ps", "--quiet", "--filter", f"name={self.name}.*{name}").strip())

    def _begun(self, verb: str) -> "subprocess.Popen[bytes]":
        """The verb, called where the lab is as it has to be for it."""
        if self.is_up != (verb in _RUNNING):
            done = self.end() if self.is_up else self._up()
            assert done.returncode == 0, done.stderr
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [*_CALL, *WORDS[verb]], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, process_group=0,
            )  # fmt: skip

    def _troubles(self, process: "subprocess.Popen[bytes]", number: signal.Signals) -> Iterator[str]:
        try:
            status = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            yield "it does not end after an interrupt"
            status = process.wait()
        text = (self.folder / "said").read_text(errors="replace")
        is_python_s = "KeyboardInterrupt" in text and f"{_ROOT}/netdsl/" not in text  # it had not begun
        if ("Traceback" in text and not is_python_s) or "internal error" in text:
            yield f"it says {text[-1500:]}"
        is_interrupted = status in (130, -signal.SIGINT)  # a shell has 130 for both
        if number == signal.SIGINT and not is_interrupted and status not in (0, 1, 3) and not is_python_s:
            yield f"it ends with {status}: {text[-500:]}"
        down = self.end()
        if down.returncode != 0:
            yield f"`down` ends with {down.returncode}: {down.stderr[-500:]}"
        yield from (f"{thing} is left" for thing in self._left())
        up = self._up()
        if up.returncode != 0:
            yield f"the next `up` ends with {up.returncode}: {up.stderr[-800:]}"
            self.end()

    def _left(self) -> Iterator[str]:
        """What of the lab is on this machine."""
        time.sleep(1)  # what is on its way arrives
        mark = f"label=com.docker.compose.project={self.name}"
        for kind, *words in (("container", "--all"), ("network",), ("volume",)):
            form = "{{.ID}} {{.Names}} {{.Status}}" if kind == "container" else "{{.Name}}"
            for chosen in (mark, f"name={self.name}"):
                said = _said("docker", kind, "ls", *words, "--filter", chosen, "--format", form)
                yield from (f"{kind} {line}" for line in said.splitlines())
        table = self.folder / f"build/{self.name}/compose/parents.tsv"
        devices = [line.split("\t")[1] for line in table.read_text().splitlines()]
        yield from (f"the device {one}" for one in devices if Path("/sys/class/net", one).exists())
        if (table.parent / ".env").exists():
            yield f".env with {(table.parent / '.env').read_text()}"
        yield from (f"{path}" for path in (self.folder / "tmp").iterdir())
        yield from own_files(self.folder)
        yield from self._lasting()

    def _lasting(self) -> list[str]:
        """Processes that do not end by themselves: what keeps containers beside nodes looks for late ones first."""
        until = time.monotonic() + _ENDS
        while (found := list(self._processes())) and time.monotonic() < until:
            time.sleep(0.2)
        return found

    def _processes(self) -> Iterator[str]:
        for process in Path("/proc").iterdir():
            if not process.name.isdecimal() or int(process.name) == os.getpid():
                continue
            try:
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                place = str((process / "cwd").readlink())
            except OSError:
                continue
            if self.name in words or place.startswith(str(self.folder)):
                yield f"process {process.name}: {words[:200]}"

    def _call(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*_CALL, *words], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("NETDSL_", "COMPOSE_"))}
        return kept | {"TMPDIR": str(self.folder / "tmp")}


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout


def _kill(process: "subprocess.Popen[bytes]", way: Way) -> None:
    (os.killpg if way.is_group else os.kill)(process.pid, way.number)
