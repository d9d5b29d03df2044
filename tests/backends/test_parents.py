"""`parents.sh`: what it writes into .env, and that it leaves the user's lines alone. Docker is a stand-in here."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from netdsl.backends.compose.own import BESIDE, owned
from netdsl.backends.compose.parents import parents_script

PARENTS = "NETDSL_PARENT_LAN\tnd0123456789\tmacvlan\nNETDSL_PARENT_WAN\tndabcdef0123\tmacvlan\n"
OURS = "NETDSL_PARENT_LAN=nd0123456789\nNETDSL_PARENT_WAN=ndabcdef0123\n"
_DOCKER = """#!/bin/sh
echo "$*" >>called
case $1 in
image) test -e built ;;
build) cat >built ;;
run) cat >>asked; echo -- >>asked; cat answer ;;
esac
"""

pytestmark = pytest.mark.slow  # each test starts processes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An output folder on a kernel without dummy devices: the stand-in answers what `run` would."""
    (tmp_path / "docker").write_text(_DOCKER)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "parents.tsv").write_text(PARENTS)
    (tmp_path / "parents.sh").write_text(parents_script())
    (tmp_path / "compose.yaml").write_text("name: lab\n")
    (tmp_path / "answer").write_text("made\n")
    return tmp_path


def _call(folder: Path, verb: str, **environment: str) -> None:
    path = f"{folder}:{os.environ['PATH']}"
    words = ["sh", str(folder / "parents.sh"), verb]
    subprocess.run(words, env={"PATH": path, **environment}, check=True, timeout=20)


def _asked(new: str) -> str:
    return "".join(f"new {line}\n" for line in new.splitlines())


def _env(folder: Path) -> str | None:
    return (folder / ".env").read_text() if (folder / ".env").exists() else None


def test_the_only_program_in_the_hosts_network_is_of_an_image_of_netdsls_own_without_a_right_but_one(
    folder: Path,
) -> None:
    _call(folder, "up")
    _call(folder, "down")
    called = (folder / "called").read_text()
    assert "compose " not in called
    assert called.count("build --quiet --tag") == 1
    assert (folder / "built").read_text() == BESIDE.dockerfile
    runs = re.findall(r"^run (.*?) sh (\S+) -c", called, re.MULTILINE)
    confined = "--read-only --security-opt no-new-privileges --cap-drop ALL --pull never --cap-add NET_ADMIN"
    orphan = " ".join(owned("lab"))
    assert runs == 2 * [(f"--rm -i --network host {confined} {orphan} --entrypoint", BESIDE.name)]


def test_up_twice_is_up_once_and_down_takes_it_away(folder: Path) -> None:
    _call(folder, "up")
    _call(folder, "up")
    assert _env(folder) == OURS
    _call(folder, "down")
    assert _env(folder) is None
    _call(folder, "down")
    assert (folder / "asked").read_text() == 2 * (_asked(OURS) + "--\n") + OURS + "--\n"


@pytest.mark.parametrize("text", ["# mine\nTOKEN=x y\n", "TOKEN=x"])
def test_the_users_lines_stay(folder: Path, text: str) -> None:
    (folder / ".env").write_text(text)
    (folder / ".env").chmod(0o600)
    _call(folder, "up")
    assert _env(folder) == text.rstrip("\n") + "\n" + OURS
    _call(folder, "down")
    assert _env(folder) == text.rstrip("\n") + "\n"
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600


def test_a_parent_of_the_users_own_is_left_alone(folder: Path) -> None:
    (folder / ".env").write_text("NETDSL_PARENT_LAN=eth1\n")
    _call(folder, "up", NETDSL_PARENT_WAN="eth2")
    assert _env(folder) == "NETDSL_PARENT_LAN=eth1\n"
    _call(folder, "down")
    assert _env(folder) == "NETDSL_PARENT_LAN=eth1\n"
    assert not (folder / "asked").exists()


def test_where_the_engine_makes_the_parents_nothing_stays(folder: Path) -> None:
    (folder / "answer").write_text("")
    _call(folder, "up")
    assert _env(folder) is None


def test_down_takes_away_what_an_earlier_compilation_named(folder: Path) -> None:
    _call(folder, "up")
    (folder / "parents.tsv").write_text("")
    _call(folder, "down")
    assert (folder / "asked").read_text().endswith("--\n" + OURS + "--\n")
    assert _env(folder) is None


def test_up_deletes_the_devices_that_the_lab_has_no_more(folder: Path) -> None:
    _call(folder, "up")
    first, second = OURS.splitlines(keepends=True)
    (folder / "parents.tsv").write_text(PARENTS.splitlines()[0] + "\n")
    _call(folder, "up")
    assert (folder / "asked").read_text().endswith(f"--\nold {second}new {first}--\n")
    assert _env(folder) == first
    (folder / "answer").write_text("")
    (folder / "parents.tsv").write_text("")
    _call(folder, "up")
    assert (folder / "asked").read_text().endswith(f"--\nold {first}--\n")
    assert _env(folder) is None


def test_up_leaves_a_device_under_a_network_for_which_the_user_names_another_one_now(folder: Path) -> None:
    _call(folder, "up")
    _call(folder, "up", NETDSL_PARENT_WAN="eth2")
    assert "old " not in (folder / "asked").read_text()
    first, second = OURS.splitlines(keepends=True)
    assert _env(folder) == second + first
    _call(folder, "down")
    assert (folder / "asked").read_text().endswith(f"--\n{second}{first}--\n")
    assert _env(folder) is None


def test_env_is_never_without_the_lines_of_devices_that_may_be_there(folder: Path) -> None:
    """Whatever of the script's programs is the last one before it is killed."""
    _call(folder, "up")
    (folder / ".env").write_text(f"TOKEN=x\n{OURS}")
    for verb in ("up", "down"):
        for name in ("cp", "mv", "cat", "docker"):
            (folder / name).write_text("#!/bin/sh\nkill -9 $PPID\n")
            (folder / name).chmod(0o755)
            path = f"{folder}:{os.environ['PATH']}"
            subprocess.run(["sh", str(folder / "parents.sh"), verb], env={"PATH": path}, check=False, timeout=20)
            assert _env(folder) == f"TOKEN=x\n{OURS}", (verb, name)
            (folder / name).unlink()
            (folder / "docker").write_text(_DOCKER)
            (folder / "docker").chmod(0o755)
