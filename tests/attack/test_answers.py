"""What a node answers is bounded and not believed: too much, too long and nonsense is `not tested`, with its reason."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netdsl.backends.compose.driver import ComposeDriver
from netdsl.backends.compose.engine import said
from netdsl.backends.strongswan.state import reports
from netdsl.backends.vagrant import ssh
from netdsl.backends.vagrant.ssh import Connection, Unreachable
from netdsl.runtime import recording
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.output import LARGEST, TooMuch, output_of
from netdsl.runtime.recording import FileRecording, Tcpdump, recorded
from netdsl.testing.run import run
from netdsl.testing.types import Results, Verdict
from netdsl.verify.sentences import claim_text
from tests.compiling import lab_of
from tests.testing.pretending import DEPLOYMENT, Clock, Pretender, pretend

_ENDLESS = ("sh", "-c", "exec yes")
_PATIENCE = 60.0


def test_an_endless_answer_is_given_up() -> None:
    with pytest.raises(TooMuch, match="says more than 1 MiB"):
        output_of(_ENDLESS, timeout=_PATIENCE, limit=1 << 20)


def test_errors_count_as_well() -> None:
    with pytest.raises(TooMuch):
        output_of(("sh", "-c", "exec yes >&2"), timeout=_PATIENCE, limit=1 << 20)


def test_what_is_late_is_killed_with_what_it_has_started(tmp_path: Path) -> None:
    command = ("sh", "-c", f"sleep 600 & echo $! >{tmp_path}/pid; wait")
    with pytest.raises(subprocess.TimeoutExpired):
        output_of(command, timeout=1)
    deadline = time.monotonic() + _PATIENCE
    while _runs((tmp_path / "pid").read_text().strip()):
        assert time.monotonic() < deadline


def _runs(process: str) -> bool:
    """It may go between two looks, and what nothing waits for stays as a zombie."""
    try:
        return (Path("/proc") / process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_an_answer_within_limits_is_whole() -> None:
    given = bytes(range(256)) * 4096
    answer = output_of((sys.executable, "-c", _COPIES), timeout=_PATIENCE, given=given)
    assert (answer.status, answer.errors, answer.output) == (3, "done", given.decode(errors="replace"))


_COPIES = """\
import sys
sys.stdout.buffer.write(sys.stdin.buffer.read())
sys.stderr.write("done")
sys.exit(3)
"""


def test_a_command_that_reads_nothing_is_not_waited_for() -> None:
    assert output_of(("true",), timeout=_PATIENCE, given=bytes(1 << 20)).status == 0


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A `docker` that is a shell script, alone on the PATH."""

    def make(text: str) -> None:
        path = tmp_path / "docker"
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


def test_a_container_that_answers_without_an_end_is_a_driver_s_error(
    docker: Callable[[str], None], tmp_path: Path
) -> None:
    docker("exec yes")
    with pytest.raises(DriverError, match=f"`docker exec x-a-1` says more than {LARGEST >> 20} MiB"):
        ComposeDriver().ask(Deployment(tmp_path, "x"), "a", ["perl"], timeout=_PATIENCE)
    with pytest.raises(DriverError, match="`docker logs` says more than"):
        said(["logs"])


def test_a_machine_that_answers_without_an_end_is_unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Connection, "connect", lambda _: None)
    monkeypatch.setattr(Connection, "command", lambda *_: list(_ENDLESS))
    assert ssh.output_of is output_of
    with pytest.raises(Unreachable, match="a command in it says more than 8 MiB"):
        Connection("a", tmp_path, tmp_path).ask(["perl"], timeout=_PATIENCE)


# ---------------------------------------------------------------------------------------------------------- recordings


def _kill(process: Tcpdump) -> None:
    process.kill()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("b = bytes(1 << 20)\nwhile True: sys.stdout.buffer.write(b)", "more passes than a recording holds"),
        ("sys.exit(1)", "the recording has ended by itself"),
    ],
)
def test_a_recording_that_is_too_much_or_over_is_no_recording(
    program: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LARGEST", 1 << 20)
    command = [sys.executable, "-c", f"import sys\nprint('listening on any', file=sys.stderr, flush=True)\n{program}"]
    with recorded(command, _kill) as recorder, pytest.raises(DriverError, match=reason):
        _read_on(recorder)


def _read_on(recorder: FileRecording) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        recorder.read()
        time.sleep(0.01)


# ------------------------------------------------------------------------------------------------------------ nonsense

_LAB = """\
lab x
network lan 10.0.0.0/24
network far 10.1.0.0/24
router g { interface on lan .1 ; interface on far .1 }
router h { interface on lan .2 ; interface far on far .2 ; serve http tcp/80 }
host a { interface on lan .3 ; default via g ; serve http tcp/80 }
ipsec t { between g.lan and h.lan ; auth psk }
expect {
  a reaches h tcp/80
  a cannot reach h tcp/81
  a reaches g
  t is up
  t uses esp aes256
  t is begun by g
  a resolves g to g
  a routes 0.0.0.0/0 via g
}
"""
_SWANCTL = """\
list-sa event {
  t {
    child-sas {
      t-1 {
        %s
        state = INSTALLED
      }
    }
    local-vips = [
      %s
    ]
  }
}
"""


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "answered",
        "answered\t\t\t",
        "exit x\t",
        "exit 0",
        "exit 99999999999999999999\t" + "via " * 100,
        "exit 0\ttunnel\x1ftunnel t\x1ftunnel t t up in\x1f",
        "exit 0\ttunnel t t up in neither",
        "exit 0\tvia\x1f",
        "exit 0\t" + _SWANCTL.replace("\n", "\x1f") % ("", "10.0.0.1"),
        "exit 0\t" + _SWANCTL.replace("\n", "\x1f") % ("name = t", "none"),
        "exit 0\t"
        + _SWANCTL.replace("\n", "\x1f") % ("name = t\x1fencr-alg = {0.__class__}{:>99999999999}", "10.0.0.1"),
        "exit 0\t" + "x {\x1f" * 5_000,
        "exit 0\t" + "}\x1f]\x1f = [\x1f" * 1_000,
    ],
    ids=lambda line: line[:30],
)
def test_an_answer_without_sense_is_no_internal_error(line: str) -> None:
    results, _ = pretend(_LAB, lambda _, __: line)
    assert isinstance(results, Results)


def test_what_is_no_answer_of_a_probe_is_not_tested() -> None:
    results, _ = pretend(_LAB, lambda _, __: "nonsense")
    lines = [line for line in results.lines if "down at" not in line.seen.text]  # of a daemon that says nothing
    assert {line.verdict for line in lines} == {Verdict.UNTESTED}
    texts = {line.seen.text.partition("`")[0] for line in lines}
    assert texts == {"what is answered from ", "what a node answers makes no sense: "}


def test_a_state_that_cannot_be_read_is_not_tested() -> None:
    text = "exit 0\t" + _SWANCTL.replace("\n", "\x1f") % ("name = t", "none")
    results, _ = pretend(_LAB, lambda _, asked: text if "swanctl" in asked else None)
    (uses,) = [line for line in results.lines if "aes256" in str(line.line.claim)]
    assert (uses.verdict, uses.seen.text.partition(":")[0]) == (Verdict.UNTESTED, "what a node answers makes no sense")


def test_names_of_algorithms_are_no_formats() -> None:
    (found,) = reports(_SWANCTL % ("name = t\nencr-alg = {:>99999999999}", "10.0.0.1"))
    assert found.uses[1].words[0] == "{:>99999999999}"


# ------------------------------------------------------------------------------------------------- whose word it is

_RAW = """\
lab x
image bent { run "cp liar /usr/bin/perl" }
network lan 10.0.1.0/24
network wan 10.1.0.0/24
network far 10.2.0.0/24
router g { interface on lan .1 ; interface on wan .1 ; image bent }
router h { interface on wan .2 ; interface on far .1 }
host a { interface on lan .2 ; default via g ; image bent }
host b { interface on far .2 ; default via h ; serve http tcp/80 }
ipsec t { between g.wan protecting lan and h.wan protecting far ; auth psk ; start at boot }
"""
_LINES = """\
expect {
  a reaches b
  a reaches b tcp/80 answered by b.http
  a reaches b through t
  a to b is encrypted on wan
  a routes 0.0.0.0/0 via g
  a resolves b to b
  b reaches a
  b to a goes through g
  t is up
  t uses esp
}
expect while t down { b reaches g }
expect while a -- g down { h reaches b }
"""
_OF_NODES_ALONE = {"t is up", "t uses esp", "b reaches g"}


def _graded(*, has_own_probes: bool = True, are_nodes_believed: bool = False) -> dict[str, str]:
    """Each statement with its verdict, and nothing asked of a node's `perl`, `ip` or `getent`."""
    lab = lab_of(_RAW + _LINES)
    driver = Pretender(lab, has_own_probes=has_own_probes)
    pace = Clock().pace
    results = run(lab, driver, DEPLOYMENT, "compose", lambda _: None, pace, are_nodes_believed=are_nodes_believed)
    assert has_own_probes is not any(word in ("perl", "ip", "getent") for word in driver.inside)
    return {claim_text(line.line.claim): line.verdict.value for line in results.lines}


def test_no_node_is_asked_about_its_network() -> None:
    found = _graded(are_nodes_believed=True)
    assert set(found.values()) == {"passed"}


def test_a_grade_takes_no_node_s_own_word() -> None:
    found = _graded()
    assert {statement for statement, verdict in found.items() if verdict != "passed"} == _OF_NODES_ALONE


def test_a_grade_takes_nothing_from_a_machine_with_commands() -> None:
    found = _graded(has_own_probes=False)
    assert {statement for statement, verdict in found.items() if verdict == "passed"} == {"b reaches a"}
