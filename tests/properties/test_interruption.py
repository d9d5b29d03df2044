"""Stopped in the middle, out of room, twice at once: the old output is whole, or the new one is."""

import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509

from tests.cli.calling import COMMAND, netdsl, tree
from tests.compiling import EXAMPLES

pytestmark = pytest.mark.slow  # each test starts processes

_HOSTS = "for i in 1..{count} {{ host h$i {{ interface on lan ; serve http tcp/{port} }} }}\n"


def _source(folder: Path, port: int) -> None:
    text = "lab x\nnetwork lan 10.0.0.0/16\n" + _HOSTS.format(count=100, port=port)
    (folder / "lab.net").write_text(text)


def _whole(folder: Path) -> dict[str, bytes]:
    """The output without what belongs to an unfinished commit."""
    return {path: content for path, content in tree(folder).items() if "/.netdsl-" not in path}


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_a_compilation_that_is_stopped(tmp_path: Path, with_signal: signal.Signals) -> None:
    outputs = []
    for port in (80, 81):
        _source(tmp_path, port)
        began = time.monotonic()
        assert netdsl("compile", "lab.net", cwd=tmp_path).returncode == 0
        duration = time.monotonic() - began
        outputs.append(_whole(tmp_path / "build"))
    ends = set()
    for step in range(10):
        port = (80, 81)[step % 2]
        _source(tmp_path, port)
        process = subprocess.Popen([*COMMAND, "compile", "lab.net"], cwd=tmp_path, stderr=subprocess.PIPE)
        time.sleep(duration * (step + 1) / 10)
        process.send_signal(with_signal)
        _, said = process.communicate(timeout=30)
        is_early = b"init_import_site" in said or b"<frozen" in said  # Python's own start, before our first line
        assert is_early or b"Traceback" not in said, said
        ends.add(process.returncode)
        found = _whole(tmp_path / "build")
        if found not in outputs:
            assert list((tmp_path / "build/x/compose").glob(".netdsl-journal.json")), (
                "neither old nor new, and no journal"
            )
        done = netdsl("compile", "lab.net", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert _whole(tmp_path / "build") == outputs[step % 2]
        assert not list((tmp_path / "build/x/compose").glob(".netdsl-[js]*"))
    assert ends != {0}, "no compilation was stopped"


def test_two_at_once(tmp_path: Path) -> None:
    _source(tmp_path, 80)
    assert netdsl("compile", "lab.net", cwd=tmp_path).returncode == 0
    expected = _whole(tmp_path / "build")
    (tmp_path / "build").rename(tmp_path / "old")
    both = [subprocess.Popen([*COMMAND, "compile", "lab.net"], cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(3)]
    for process in both:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0 or b"another netdsl is writing" in said, said
        assert b"Traceback" not in said
    assert any(process.returncode == 0 for process in both)
    assert _whole(tmp_path / "build") == expected


def _no_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize("is_fresh", [True, False])
def test_no_room_left(tmp_path: Path, is_fresh: bool) -> None:
    lab = tmp_path / "lab.net"
    if not is_fresh:
        lab.write_text("lab x\nnetwork lan 10.0.0.0/16\nhost a { interface on lan }\n")
        assert netdsl("compile", "lab.net", cwd=tmp_path).returncode == 0
    before = tree(tmp_path / "build") if not is_fresh else {}
    _source(tmp_path, 80)
    done = subprocess.run(
        [*COMMAND, "compile", "lab.net"], cwd=tmp_path, preexec_fn=_no_room, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "too large" in done.stderr
    assert "Traceback" not in done.stderr
    after = tree(tmp_path / "build") if (tmp_path / "build").exists() else {}
    assert after.items() - before.items() <= {("x/.netdsl-source", b"lab.net\n")}
    assert before.items() <= after.items()


def test_keys_are_whole_or_not_there(tmp_path: Path) -> None:
    """Stopped while keys are made: the next compilation makes the rest."""
    for step in range(6):
        process = subprocess.Popen(
            [*COMMAND, "compile", EXAMPLES / "site-to-site/lab.net"], cwd=tmp_path, stderr=subprocess.DEVNULL
        )
        time.sleep(0.2 + 0.06 * step)
        process.kill()
        process.wait(30)
    done = netdsl("compile", EXAMPLES / "site-to-site/lab.net", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_many_compilations_of_two_targets_have_one_authority(tmp_path: Path) -> None:
    lab = EXAMPLES / "host-to-host/lab.net"
    targets = ("compose", "vagrant") * 6
    running = [
        subprocess.Popen([*COMMAND, "compile", lab, "-t", target], cwd=tmp_path, stderr=subprocess.PIPE)
        for target in targets
    ]
    said = [process.communicate(timeout=300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * len(targets), said
    store = tmp_path / "build/host-to-host/credentials"
    issuers = {path.read_bytes() for path in store.glob("nodes/*/x509ca/*-intermediate.pem")}
    assert len(issuers) == 1
    authority = x509.load_pem_x509_certificate(issuers.pop())
    for path in store.glob("nodes/*/x509/*.pem"):
        x509.load_pem_x509_certificate(path.read_bytes()).verify_directly_issued_by(authority)
