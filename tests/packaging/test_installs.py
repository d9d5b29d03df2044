"""From a clone, editable, as a wheel from the sdist: each compiles a lab from another folder, or has all files for it."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.compiling import EXAMPLES, LABS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def _run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


_SHIPPED = (".py", ".lark", ".sh", ".conf", ".json", ".j2", ".css", ".js", ".md", ".typed")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is in the repository, as a fresh clone has it."""
    folder = tmp_path_factory.mktemp("source")
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "examples/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def wheels(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`build` makes the sdist, and the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder, source, cwd=folder)
    return folder


def _environment(folder: Path) -> Path:
    """A fresh venv that sees the packages of this one, but not netdsl."""
    venv.create(folder, with_pip=True)
    site = next(folder.glob("lib/python*/site-packages"))
    others = site / "others"
    others.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "netdsl" not in entry.name and "__editable__" not in entry.name and entry.name not in ("pip", "setuptools"):
            (others / entry.name).symlink_to(entry)
    (site / "others.pth").write_text(f"{others}\n")
    return folder / "bin"


def _compiles(programs: Path, folder: Path) -> None:
    where = _run(programs / "python", "-c", "import netdsl; print(netdsl.__file__)", cwd=folder).strip()
    assert not Path(where).is_relative_to(ROOT)
    _run(programs / "netdsl", "compile", EXAMPLES / "site-to-site/lab.net", cwd=folder)
    assert os.access(folder / "build/site-to-site/compose/parents.sh", os.X_OK)
    _run(programs / "netdsl", "compile", EXAMPLES / "site-to-site/lab.net", "--target", "vagrant", cwd=folder)
    fixed = ROOT / "backends/vagrant/machine"
    for file in (path for path in fixed.rglob("*") if path.is_file()):
        written = folder / "build/site-to-site/vagrant/machine" / file.relative_to(fixed)
        assert written.read_bytes() == file.read_bytes()
    assert "no-route" in _run(programs / "netdsl", "explain", cwd=folder)
    assert _run(programs / "netdsl", "explain", "no-route", cwd=folder).startswith("# no-route")


def test_a_clone_is_installed_and_stays_without_a_build_folder(source: Path, tmp_path: Path) -> None:
    """Labs are compiled into `build/`: nothing else may be there."""
    programs = _environment(tmp_path / "venv")
    _run(programs / "pip", "install", "--no-deps", "--quiet", source, cwd=tmp_path)
    _compiles(programs, tmp_path)
    assert not (source / "build").exists()


def test_editable(source: Path, tmp_path: Path) -> None:
    programs = _environment(tmp_path / "venv")
    _run(programs / "pip", "install", "--no-deps", "--quiet", "--editable", source, cwd=tmp_path)
    _compiles(programs, tmp_path)


def test_all_data_files_are_in_the_wheel_that_the_sdist_gives(source: Path, wheels: Path) -> None:
    (wheel,) = wheels.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    places = {"netdsl": "netdsl", "grammar": "netdsl/grammar", "backends": "netdsl/backends"}
    expected = {
        f"{place}/{path.relative_to(source / folder).as_posix()}"
        for folder, place in places.items()
        for path in (source / folder).rglob("*")
        if path.is_file() and path.suffix in _SHIPPED and "egg-info" not in str(path)
    }  # fmt: skip
    machine = source / "backends/vagrant/machine"
    fixed = {path.relative_to(source).as_posix() for path in machine.rglob("*") if path.is_file()}
    assert len(fixed) > 5
    expected |= {f"netdsl/{path}" for path in fixed}
    missing = {name for name in expected - names if not name.endswith("/README.md")}
    assert missing == set()
    assert len(LABS) >= 7
