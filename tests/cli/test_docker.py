"""What the verbs that need Docker say where it cannot be used: each state by its name and its remedy, and `doctor` alike.

A `docker` that is a shell script, alone on the PATH, stands for the client and the engine behind it.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from netdsl.backends.compose import client
from netdsl.backends.compose.engine import said, told
from netdsl.cli.main import main
from netdsl.runtime.driver import DriverError

LAB = """lab x
network lan 10.0.0.0/24
host a { interface on lan }
host b { interface on lan }
expect { a reaches b icmp }
"""
ANSWERS, COMPOSES = "echo 26.1.5", "echo 2.26.1-4"
HANGS = "/bin/sleep 60 & wait"  # as a client does that waits for its plug-in


@dataclass(frozen=True, slots=True)
class State:
    """`engine` and `compose`: what the client does when it is asked for their versions; None: there is no client."""

    what: str
    found: str
    remedy: str
    engine: str | None = ANSWERS
    compose: str = COMPOSES


def refusing(text: str, status: int = 1) -> str:
    return f'echo "{text}" >&2; exit {status}'


SILENT = refusing("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
DENIED = refusing(
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "
    "dial unix /var/run/docker.sock: connect: permission denied"
)
STATES = {
    "no client": State(
        "the `docker` client", "is not on the PATH",
        "install Docker Engine and Compose (Debian 13: docker.io docker-cli docker-compose)", engine=None,
    ),
    "no plug-in": State(
        "Docker Compose", "is not a plug-in of this `docker` client",
        "install it (Debian 13: docker-compose; Docker's own packages: docker-compose-plugin)",
        compose=refusing("unknown flag: --short", 125),
    ),
    "plug-in too old": State(
        "Docker Compose", "2.20.3 is too old; 2.24 or later is needed",
        "upgrade it (Debian 13: docker-compose; Docker's own packages: docker-compose-plugin)",
        compose="echo 2.20.3",
    ),
    "plug-in hangs": State(
        "Docker Compose", "does not answer within 1 s",
        "install it anew (Debian 13: docker-compose; Docker's own packages: docker-compose-plugin)",
        compose=HANGS,
    ),
    "engine too old": State(
        "Docker Engine", "20.10.24+dfsg1 is too old; 25.0 or later is needed", "upgrade it (Debian 13: docker.io)",
        engine="echo 20.10.24+dfsg1",
    ),
    "engine not running": State(
        "Docker Engine", "does not answer", "start it (as root: systemctl start docker)", engine=SILENT
    ),
    "no permission": State(
        "Docker Engine", "cannot be used by this user",
        "as root: usermod -aG docker USER, then log in again; or run netdsl as root", engine=DENIED,
    ),
    "client too old for the engine": State(
        "Docker Engine", "refuses this `docker` client", "upgrade the older of the two",
        engine=refusing("Error response from daemon: client version 1.41 is too old. Minimum supported is 1.44"),
    ),
    "engine hangs": State(
        "Docker Engine", "does not answer within 1 s", "restart it (as root: systemctl restart docker)", engine=HANGS
    ),
}  # fmt: skip
VERBS = (
    "up", "up lab.net", "down", "status", "test lab.net", "grade lab.net --running", "measure lab.net",
    "exec a true", "shell a", "logs", "logs a", "capture a.lan",
)  # fmt: skip

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "lab.net").write_text(LAB)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["netdsl", "compile", "lab.net"])
        with pytest.raises(SystemExit):
            main()
    return folder


@pytest.fixture
def call(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line where the lab is compiled and the PATH is `tmp_path` alone: status, output, errors."""
    monkeypatch.chdir(compiled)
    monkeypatch.setenv("PATH", str(tmp_path))

    def called(words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["netdsl", *words.split()])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, said.out, said.err

    return called


def docker(folder: Path, engine: str, compose: str, others: str = "exit 99") -> None:
    script = (
        f'case "$1 $2" in\n"version --format") {engine} ;;\n"compose version") {compose} ;;\n*) {others} ;;\nesac\n'
    )
    (folder / "docker").write_text("#!/bin/sh\n" + script)
    (folder / "docker").chmod(0o755)


@pytest.fixture
def state(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    found = STATES[request.param]
    monkeypatch.setattr(client, "PATIENCE", 1.0 if "within 1 s" in found.found else 60.0)
    if found.engine is not None:
        docker(tmp_path, found.engine, found.compose, f"touch {tmp_path}/touched")
    return found


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", [name for name in STATES if not name.endswith("hangs")], indirect=True)
def test_a_verb_names_the_state_and_its_remedy(state: State, verb: str, call: Call, tmp_path: Path) -> None:
    _refuses(state, verb, call, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", [name for name in STATES if name.endswith("hangs")], indirect=True)
def test_a_verb_names_what_hangs(state: State, verb: str, call: Call, tmp_path: Path) -> None:
    _refuses(state, verb, call, tmp_path)


def _refuses(state: State, verb: str, call: Call, tmp_path: Path) -> None:
    status, output, errors = call(verb)
    assert (status, output) == (3, ""), errors
    assert f"error: {state.what} {state.found}\n" in errors
    assert f"  help: {state.remedy}\n" in errors
    assert not (tmp_path / "touched").exists(), "nothing else is asked of such a client"


@pytest.mark.parametrize("state", STATES, indirect=True)
def test_doctor_has_the_same_words(state: State, call: Call) -> None:
    status, output, errors = call("doctor -t compose")
    assert (status, errors) == (1, "")
    assert f"  missing  {state.what}: {state.found}\n           {state.remedy}\n" in output


def test_what_the_client_said_is_shown(call: Call, tmp_path: Path) -> None:
    docker(tmp_path, SILENT, COMPOSES)
    assert "  command: docker version (exit status 1)\n  | Cannot connect to the Docker daemon at" in call("status")[2]


def test_an_engine_that_goes_away_meanwhile_is_named_as_well(call: Call, tmp_path: Path) -> None:
    gone = f"[ ! -e {tmp_path}/gone ] || {{ {SILENT}; }}; {ANSWERS}"
    docker(tmp_path, gone, COMPOSES, f": >{tmp_path}/gone; exit 1")
    assert "error: Docker Engine does not answer\n" in call("status")[2]


def test_a_client_that_goes_away_meanwhile_is_named_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DriverError, match="the `docker` client is not on the PATH"), told():
        said(["ps"])


def test_what_a_sound_engine_refuses_is_told_in_its_words(call: Call, tmp_path: Path) -> None:
    docker(tmp_path, ANSWERS, COMPOSES, refusing("Error response from daemon: the stars are not right"))
    errors = call("status")[2]
    assert "error: Docker refused\n" in errors
    assert "| Error response from daemon: the stars are not right\n" in errors


def test_what_it_refuses_for_a_known_reason_is_told_in_ours_with_the_remedy(call: Call, tmp_path: Path) -> None:
    docker(tmp_path, ANSWERS, COMPOSES, refusing("Error response from daemon: write /x: no space left on device"))
    errors = call("status")[2]
    assert "error: there is no space left where the engine keeps images and containers\n" in errors
    assert "  | write /x: no space left on device\n" in errors
    assert "  help: docker system df shows what takes it" in errors


def test_an_error_is_as_wide_as_the_terminal(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    docker(tmp_path, ANSWERS, COMPOSES, refusing(f"Error response from daemon: {'no space left on device ' * 9}"))
    lines = call("status")[2].splitlines()
    assert max(map(len, lines)) <= 60
    heads = [line.split()[0] for line in lines if not line.startswith("   ")]
    assert heads == ["error:", "and", "command:", "|", "help:"]


def test_a_build_from_sources_that_has_no_number_is_taken(call: Call, tmp_path: Path) -> None:
    docker(tmp_path, "echo dev", "echo dev")
    output = call("doctor -t compose")[1]
    assert "  ok       Docker Engine: dev\n" in output
    assert "  ok       Docker Compose: dev\n" in output
