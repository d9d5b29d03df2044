"""The same source, parameters and credentials give the same bytes: whatever the folder, time, machine and hash seed."""

import shutil
from pathlib import Path

import pytest

from tests.cli.calling import EXAMPLES, netdsl, tree

pytestmark = pytest.mark.slow  # each test starts processes

_MACHINES: tuple[dict[str, str], ...] = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LANG": "C", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LANG": "C.UTF-8", "COLUMNS": "20"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/Adak", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0", "HOME": "/nonexistent"},
)


_LABS = ("host-to-host", "ipsec-corners", "dmz", "two-files")


def _copied(lab: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / lab, folder / lab)) / "lab.net"


@pytest.mark.parametrize(("lab", "target"), [*((lab, "compose") for lab in _LABS), ("dmz", "vagrant")])
def test_output_does_not_depend_on_the_machine(lab: str, target: str, tmp_path: Path) -> None:
    first: dict[str, bytes] | None = None
    for number, machine in enumerate(_MACHINES):
        folder = tmp_path / f"deep/{'er/' * number}folder {number}"
        folder.mkdir(parents=True)
        source = _copied(lab, folder)
        if number:
            shutil.copytree(tmp_path / "credentials", folder / "credentials")
        words = ("compile", source, "-t", target, "-o", "out/made", "--credentials", "credentials")
        done = netdsl(*words, cwd=folder, environment=machine)
        assert done.returncode == 0, done.stderr
        if not number and (folder / "credentials").is_dir():
            shutil.copytree(folder / "credentials", tmp_path / "credentials")
        elif not number:
            (tmp_path / "credentials").mkdir()
        made = tree(folder / "out/made")
        first = first or made
        assert made.keys() == first.keys()
        assert [path for path in made if made[path] != first[path]] == []


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    for expected in ("created", "unchanged"):
        done = netdsl("compile", EXAMPLES / "site-to-site/lab.net", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert expected in done.stderr
        assert ("changed," in done.stderr.replace("unchanged", "")) is False
        state = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert netdsl("compile", EXAMPLES / "site-to-site/lab.net", cwd=tmp_path).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == state


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    import os

    modes = []
    for number, mask in enumerate((0o000, 0o077)):
        old = os.umask(mask)
        try:
            folder = tmp_path / str(number)
            folder.mkdir(mode=0o755)
            done = netdsl("compile", EXAMPLES / "site-to-site/lab.net", cwd=folder)
            assert done.returncode == 0
        finally:
            os.umask(old)
        below = [path for path in (folder / "build").rglob("*") if path.is_file()]
        modes.append({path.relative_to(folder): path.stat().st_mode for path in below})
        keys = [path for path in below if "credentials" in path.parts]
        assert keys
        assert all(path.stat().st_mode & 0o077 == 0 for path in keys)
    assert modes[0] == modes[1]
