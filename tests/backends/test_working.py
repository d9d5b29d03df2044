"""Programs that change a project: one netdsl at a time, and none outlives an interrupt."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netdsl.backends.compose import driver
from netdsl.backends.compose.ended import CommandFailed
from netdsl.backends.compose.own import owned
from netdsl.backends.compose.recording import container_words
from netdsl.backends.compose.tools import PROBING, run_words
from netdsl.backends.compose.working import Busy, Work, working
from netdsl.runtime.driver import Deployment

_NO_WORK = Work(())


def _python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_what_a_program_says_is_told_line_by_line_and_kept_for_the_error() -> None:
    lines: list[str] = []
    with pytest.raises(CommandFailed) as error:
        _NO_WORK.run(_python("import sys; print('one'); sys.stdout.flush(); sys.exit('two')"), lines.append)
    assert (lines, error.value.status, error.value.errors) == (["one", "two"], 1, "one\ntwo\n")


def test_after_an_interrupt_the_program_has_ended(tmp_path: Path) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    text = f"""
import time
try:
    print('begun', flush=True)
    while True:
        time.sleep(0.01)
except KeyboardInterrupt: open({str(tmp_path / "ended")!r}, 'w')
"""
    with pytest.raises(KeyboardInterrupt):
        _NO_WORK.run(_python(text), interrupted)
    assert (tmp_path / "ended").exists()


def test_what_a_killed_netdsl_has_started_keeps_the_others_out(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "compose", "lab")
    text = f"""
import sys
from pathlib import Path
from netdsl.backends.compose.working import working
from netdsl.runtime.driver import Deployment
with working(Deployment(Path({str(tmp_path / "compose")!r}), "lab"), 0) as work:
    work.run([sys.executable, "-c", "print('begun', flush=True); input()"], lambda line: print(line, flush=True))
"""
    words = _python(text.replace("input()", "import time; time.sleep(60)"))
    with subprocess.Popen(words, stdout=subprocess.PIPE, process_group=0) as netdsl:
        assert netdsl.stdout is not None
        netdsl.stdout.readline()
        netdsl.kill()
        netdsl.wait()
        refused = pytest.raises(Busy, match="another netdsl, or a program that one has left, starts or stops `lab`")
        with refused, working(deployment, 0):
            pass
        os.killpg(netdsl.pid, signal.SIGKILL)
    with working(deployment, 30):
        pass


def test_containers_beside_a_project_are_its_orphans() -> None:
    """`docker compose down --remove-orphans` takes away what has these labels."""
    labels = " ".join(owned("lab"))
    for key in ("project=lab", "service=netdsl.beside", "oneoff=False", "config-hash=-", "container-number=1"):
        assert f"--label com.docker.compose.{key}" in labels
    for words in (container_words("id", "lab"), run_words(Deployment(Path("x"), "lab"), "a", "n", PROBING)):
        assert labels in " ".join(words)


@pytest.mark.parametrize("says", ["No such container: 566c", "removal of container 566c is already in progress"])
def test_a_container_that_goes_by_itself_meanwhile_does_not_stop_down(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def run(_: Work, words: list[str], *__: object) -> None:
        calls.append(words[-1])
        if len(calls) == 1:
            raise CommandFailed(words, 1, f"Error response from daemon: {says}")

    monkeypatch.setattr(Work, "run", run)
    monkeypatch.setattr(driver, "is_there", lambda _: False)
    monkeypatch.setattr(driver, "foreign_containers", lambda _: [])
    monkeypatch.setattr(driver, "remove_networks", lambda _: [])
    (tmp_path / "compose.yaml").touch()
    driver._take_away(Deployment(tmp_path, "lab"), print, _NO_WORK)
    assert calls == ["5", "5", "down"]
