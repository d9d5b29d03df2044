"""Nothing that lies in a folder is believed: what is planted there is refused by its name, and nothing outside changes.

Each test plants one thing in a lab's folder, as a pull request or a student's archive can, and calls a verb.
"""

import hashlib
import json
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from netdsl.backends.compose.engine import files_of
from netdsl.disk.folder import PARTS
from netdsl.disk.refused import PathEscape
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.semantics.files import FolderReader
from tests.cli.calling import status_of, tree

_LAB = """\
lab x
network lan 10.0.0.0/24
host a { interface on lan }
host b { interface on lan }
ipsec t { between a and b ; auth certificate for a ; auth psk for b }
"""
_OUT = Path("build/x/compose")
_JOURNAL = _OUT / ".netdsl-journal.json"
_STAGING = ".netdsl-staging-00000000"
_BRACKETS = "[" * 200_000
_SECRET = "root:$6$secret"

Said = Callable[[], str]


@pytest.fixture(autouse=True)
def _no_endless_wait() -> Iterator[None]:
    """A test that waits for a pipe fails."""

    def late(*_: object) -> None:
        raise AssertionError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a lab, in which netdsl is called; `../victim` lies outside."""
    inside = tmp_path / "lab"
    inside.mkdir()
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_text("precious")
    monkeypatch.chdir(inside)
    Path("lab.net").write_text(_LAB)
    return inside


@pytest.fixture
def compiled(folder: Path) -> Path:
    assert status_of("compile", "lab.net") == 0
    return folder


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Said:
    """What was said since the last call: no internal error, no secret."""

    def all_of_it() -> str:
        captured = capfd.readouterr()
        text = captured.out + captured.err
        assert "internal error" not in text
        assert _SECRET not in text
        return text

    all_of_it()
    return all_of_it


def _victim() -> dict[str, bytes]:
    return tree(Path("../victim"))


_UNHURT = {"file": b"precious"}


def _journal(staging: object = _STAGING, files: object = (), removed: object = ()) -> str:
    return json.dumps({"staging": staging, "files": files, "removed": removed})


# ------------------------------------------------------------------------------------------------- journal and manifest


@pytest.mark.parametrize(
    "text",
    [
        _journal(staging="../../../../victim"),
        _journal(removed=["../../../../victim/file"]),
        _journal(removed=["payload/../../../../../victim/file"]),
        _journal(files=["../../../../victim/file"]),
        _journal(files=[".netdsl-journal.json"]),
        _journal(files=["compose.yaml", "compose.yaml"]),
        _journal(files="ab"),
        _journal(removed=[1]),
        _journal(staging=7),
        "[",
        "[]",
        "{}",
        "",
        _BRACKETS,
        "\0",
    ],
    ids=lambda text: text[:60],
)
def test_a_planted_journal_is_refused(compiled: Path, text: str, said: Said) -> None:
    (_OUT / _STAGING).mkdir()
    (_OUT / _STAGING / "0").write_text("evil")
    _JOURNAL.write_text(text)
    before = tree(Path("build"))
    assert status_of("compile", "lab.net") == 3
    assert "build/x/compose/.netdsl-journal.json: not a journal of netdsl" in said()
    assert (tree(Path("build")), _victim()) == (before, _UNHURT)


def test_an_absolute_path_in_a_journal_is_refused(compiled: Path, said: Said) -> None:
    _JOURNAL.write_text(_journal(removed=[str(Path("../victim/file").resolve())]))
    assert status_of("compile", "lab.net") == 3
    assert "not a journal of netdsl" in said()
    assert _victim() == _UNHURT


def test_a_journal_leads_nowhere_through_a_link(compiled: Path, said: Said) -> None:
    (_OUT / "out").symlink_to("../../../../victim")
    (_OUT / _STAGING).mkdir()
    (_OUT / _STAGING / "0").write_text("evil")
    _JOURNAL.write_text(_journal(files=["out/file"]))
    assert status_of("compile", "lab.net") == 3
    assert "build/x/compose/out: a symbolic link" in said()
    assert _victim() == _UNHURT


def test_a_journal_removes_only_what_netdsl_wrote(compiled: Path, said: Said) -> None:
    (_OUT / _STAGING).mkdir()
    (_OUT / "thesis.tex").write_text("mine")
    (_OUT / "parents.sh").write_text("changed by hand")
    _JOURNAL.write_text(_journal(removed=["thesis.tex", "parents.sh", "parents.tsv"]))
    assert status_of("compile", "lab.net", "--dry-run") == 3
    assert status_of("compile", "lab.net") == 1
    assert ((_OUT / "thesis.tex").read_text(), (_OUT / "parents.sh").read_text()) == ("mine", "changed by hand")
    assert not (_OUT / "parents.tsv").exists()


def test_a_journal_puts_no_link_into_the_output(compiled: Path, said: Said) -> None:
    (_OUT / _STAGING).mkdir()
    (_OUT / _STAGING / "0").symlink_to("/etc/shadow")
    _JOURNAL.write_text(_journal(files=["compose.yaml"]))
    assert status_of("compile", "lab.net") == 3
    assert "not a journal of netdsl" in said()
    assert not (_OUT / "compose.yaml").is_symlink()


def test_a_staging_folder_that_is_a_link_empties_nothing(compiled: Path, said: Said) -> None:
    (_OUT / ".netdsl-staging-x").symlink_to("../../../../victim")
    assert status_of("compile", "lab.net") == 0
    assert _victim() == _UNHURT


def test_a_manifest_removes_nothing_through_a_linked_folder(compiled: Path, said: Said) -> None:
    (_OUT / "sub").symlink_to("../../../../victim")
    _add_to_manifest({"sub/file": hashlib.sha256(b"precious").hexdigest()})
    assert status_of("compile", "lab.net") == 3
    assert "build/x/compose/sub: a symbolic link" in said()
    assert _victim() == _UNHURT


@pytest.mark.parametrize(
    "text",
    [_BRACKETS, "[]", "{}", "", '{"format": 1}', '{"format": [[]]}', "\0\0"],
    ids=lambda text: text[:20],
)
def test_a_manifest_that_is_none_is_refused(compiled: Path, text: str, said: Said) -> None:
    (_OUT / "netdsl-manifest.json").write_text(text)
    for verb in ("compile", "status"):
        assert status_of(verb, "lab.net") == 3
        text_said = said()
        assert "build/x/compose/netdsl-manifest.json is not a manifest of this netdsl" in text_said
        assert "remove it" in text_said


def test_a_manifest_that_is_none_is_why_a_running_lab_is_not_graded(compiled: Path, said: Said) -> None:
    (_OUT / "netdsl-manifest.json").write_text("[]")
    assert status_of("grade", "--running", "lab.net") == 4
    assert "not graded: build/x/compose/netdsl-manifest.json is not a manifest" in " ".join(said().split())


def test_a_manifest_lists_paths_inside_alone(compiled: Path, said: Said) -> None:
    _add_to_manifest({"../../../../victim/file": hashlib.sha256(b"precious").hexdigest()})
    assert status_of("compile", "lab.net") == 3
    assert "netdsl-manifest.json" in said()
    assert _victim() == _UNHURT


def _add_to_manifest(files: dict[str, str]) -> None:
    manifest = _OUT / "netdsl-manifest.json"
    document = json.loads(manifest.read_text())
    document["files"] |= files
    manifest.write_text(json.dumps(document))


# ---------------------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize(
    "place",
    [
        "build/.netdsl-lock-x",
        "build/x/.netdsl-lock-compose",
        "build/x/.netdsl-lock-credentials",
        "build/x/.netdsl-source",
        "build/x/compose/compose.yaml",
        "build/x/compose/netdsl-manifest.json",
        "build/x/compose/.netdsl-journal.json",
        "build/x/credentials/index.json",
    ],
)
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_neither_written_nor_waited_for(folder: Path, place: str, kind: str, said: Said) -> None:
    Path(place).parent.mkdir(parents=True)
    _plant(Path(place), kind)
    assert status_of("compile", "lab.net") == 3
    assert place in said()
    assert _victim() == _UNHURT


@pytest.mark.parametrize("place", ["nodes/a/private/default.pem", "pki/default/root.key", "secrets/t"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_key_that_is_no_file_is_refused(compiled: Path, place: str, kind: str, said: Said) -> None:
    path = Path("build/x/credentials") / place
    path.unlink()
    _plant(path, kind)
    assert status_of("compile", "lab.net") == 3
    assert str(path) in said()
    assert _victim() == _UNHURT


def _plant(path: Path, kind: str) -> None:
    match kind:
        case "link":
            path.symlink_to(os.path.relpath("../victim/file", path.parent))
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()


@pytest.mark.parametrize(
    "place",
    [
        "build",
        "build/x",
        "build/x/compose",
        "build/x/compose/payload",
        "build/x/compose/payload/nodes/a",
        "build/x/credentials",
        "build/x/credentials/pki",
        "build/x/credentials/nodes",
        "build/x/credentials/nodes/a",
    ],
)
def test_a_folder_that_is_a_link_is_not_written(folder: Path, place: str, said: Said) -> None:
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath("../victim", path.parent))
    assert status_of("compile", "lab.net") == 3
    assert f"{place}: a symbolic link" in said()
    assert _victim() == _UNHURT


def test_parts_of_files_that_are_links_are_not_written(
    compiled: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of which the name was guessed."""
    monkeypatch.setattr(secrets, "token_hex", lambda count: "00" * count)
    compose = _OUT / "compose.yaml"
    compose.write_text(compose.read_text().replace("    hostname: a\n", "    hostname: a\n    mem_limit: 64m\n"))
    for folder in (_OUT, Path("build/x/credentials"), Path()):
        (folder / f"{PARTS}{'0' * 16}").symlink_to(os.path.relpath("../victim/file", folder))
    assert status_of("compile", "lab.net", "--adopt") == 0
    assert "mem_limit: 64m" in (_OUT / "compose.override.yaml").read_text()
    assert status_of("graph", "lab.net", "-o", "lab.svg") == 3
    assert "File exists" in said()
    assert _victim() == _UNHURT


def test_an_override_that_is_a_link_is_not_adopted_into(compiled: Path, said: Said) -> None:
    compose = _OUT / "compose.yaml"
    compose.write_text(compose.read_text().replace("    hostname: a\n", "    hostname: a\n    mem_limit: 64m\n"))
    (_OUT / "compose.override.yaml").symlink_to("../../../../victim/file")
    assert status_of("compile", "lab.net", "--adopt") == 3
    assert "build/x/compose/compose.override.yaml: a symbolic link" in said()
    assert _victim() == _UNHURT


@pytest.mark.parametrize("place", ["compose.yaml", ".netdsl/compose.yaml", "compose.override.yaml"])
def test_blocks_without_an_end_are_not_adopted(compiled: Path, place: str, said: Said) -> None:
    compose = _OUT / "compose.yaml"
    compose.write_text(compose.read_text().replace("    hostname: a\n", "    hostname: a\n    mem_limit: 64m\n"))
    (_OUT / place).write_text("- " * 5_000)
    assert status_of("compile", "lab.net", "--adopt") == 1
    assert "more than 50 blocks in one another" in said()


@pytest.mark.parametrize("place", ["compose.yaml", "compose.override.yaml"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_compose_is_given_files_alone(compiled: Path, place: str, kind: str) -> None:
    path = _OUT / place
    path.unlink(missing_ok=True)
    _plant(path, kind)
    with pytest.raises(DriverError, match=f"build/x/compose/{place} is not a regular file"):
        list(files_of(Deployment(_OUT, "x")))


@pytest.mark.parametrize(
    "words",
    [
        ("check", "s.net"),
        ("check", "--fix", "s.net"),
        ("fmt", "s.net"),
        ("compile", "s.net"),
        ("compile", "s.net", "--each", "p"),
        ("graph", "s.net"),
        ("grade", "lab.net", "s.net"),
        ("matrix", "s.net"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_source_is_a_file(folder: Path, words: tuple[str, ...], kind: str, said: Said) -> None:
    Path("../victim/shadow").write_text(f"{_SECRET}\n")
    if kind == "link":
        Path("s.net").symlink_to("../victim/shadow")
    else:
        os.mkfifo("s.net")
    assert status_of(*words) == (4 if words[0] == "grade" else 3)
    text = said()
    assert "s.net" in text
    assert "./s.net" not in text
    assert Path("../victim/shadow").read_text() == f"{_SECRET}\n"


@pytest.mark.parametrize("line", ['import "sub/a.net"', 'host c { interface on lan ; file "/x" from "sub/a.net" }'])
def test_a_link_in_the_folder_leads_nowhere_outside(folder: Path, line: str, said: Said) -> None:
    Path("../victim/a.net").write_text(_SECRET)
    Path("sub").symlink_to("../victim")
    Path("lab.net").write_text(_LAB + line)
    assert status_of("check", "lab.net") == 1
    assert "path-escape" in said()


def test_a_folder_that_is_swapped_with_a_link_at_each_open_shows_nothing_outside(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("../victim/a.net").write_text(_SECRET)
    Path("link").symlink_to("../victim")
    Path("sub").mkdir()
    Path("sub/a.net").write_text("inside")
    opens, really = [0], os.open

    def swapping(*words: object, **others: object) -> int:
        opens[0] += 1
        if opens[0] in swaps:
            Path("sub").rename("other")
            Path("link").rename("sub")
            Path("other").rename("link")
        return really(*words, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", swapping)
    for first in range(1, 6):
        opens[0], swaps = 0, {first}
        try:
            found = FolderReader(Path(), "lab.net").read(PurePosixPath("sub/a.net"), 100)
        except (OSError, PathEscape):
            found = b""
        assert found in (b"inside", b""), first
        if Path("sub").is_symlink():
            swaps = {opens[0] + 1}
            os.close(os.open("lab.net", os.O_RDONLY))


def test_a_report_is_not_written_through_a_link(folder: Path, said: Said) -> None:
    Path("lab.svg").symlink_to("../victim/file")
    assert status_of("graph", "lab.net", "-o", "lab.svg") == 0
    assert _victim() == _UNHURT


def test_an_endless_nest_of_folders_is_refused(compiled: Path, said: Said) -> None:
    deep = Path("build/x/credentials/nodes/a") / "/".join("d" * 100)
    deep.mkdir(parents=True)
    assert status_of("compile", "lab.net") == 3
    assert "folders in one another without an end" in said()


@pytest.mark.parametrize(
    ("place", "largest", "status", "shown"),
    [
        ("lab.net", 16 * 2**20, 3, "16 MiB"),
        ("data", 16 * 2**20, 1, "16 MiB"),
        ("build/x/.netdsl-source", 4096, 3, "4096 bytes"),
        ("build/x/compose/netdsl-manifest.json", 64 * 2**20, 3, "64 MiB"),
        ("build/x/compose/.netdsl-journal.json", 64 * 2**20, 3, "64 MiB"),
        ("build/x/credentials/index.json", 64 * 2**20, 3, "64 MiB"),
        ("build/x/compose/compose.yaml", 256 * 2**20, 3, "256 MiB"),
        ("build/x/credentials/pki/default/root.key", 256 * 2**20, 3, "256 MiB"),
    ],
)
def test_a_file_has_a_largest_size(
    compiled: Path, place: str, largest: int, status: int, shown: str, said: Said
) -> None:
    Path("lab.net").write_text(_LAB + 'host c { interface on lan ; file "/x" from "data" }\n')
    Path("data").touch()
    with Path(place).open("ab") as file:
        file.truncate(largest + 1)
    assert status_of("compile", "lab.net") == status
    text = said()
    assert place in text
    assert shown in text


# ---------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("value", ["/../../x", "a/b", "/etc", "a\\nb", "x" * 300])
def test_a_value_of_each_makes_no_path(folder: Path, value: str, said: Said) -> None:
    Path("lab.net").write_text(_LAB.replace("lab x\n", f'lab x\nparam p in "{value}"\n'))
    before = tree(Path(".."))
    status = status_of("compile", "lab.net", "--each", "p")
    made = tree(Path(".."))
    assert (status, made) == (2, before)
    assert "--each makes a folder for each value" in said()


def test_a_lab_name_of_a_broken_source_is_no_path(folder: Path, said: Said) -> None:
    Path("../x/compose").mkdir(parents=True)
    Path("../x/compose/netdsl-manifest.json").write_text("{}")
    Path("lab.net").write_text('lab "../../x"\n')
    assert status_of("status", "lab.net") == 2
    assert "there is no compiled lab at build/" in said()


@pytest.mark.parametrize("text", [_BRACKETS, "[", '{"made": 1}', "", '{"format": 1, "made": {"a": 1}}'])
def test_an_index_of_keys_that_is_none_is_refused(compiled: Path, text: str, said: Said) -> None:
    Path("build/x/credentials/index.json").write_text(text)
    assert status_of("compile", "lab.net") == 3
    assert "build/x/credentials/index.json is not of a store of netdsl" in said()
