"""The output folder: what netdsl made it replaces and removes, what it did not make it leaves alone."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.calling import EXAMPLES, netdsl, tree

pytestmark = pytest.mark.slow  # each test starts processes

_LAB = "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\nhost b { interface on lan }\n"
OUT = "build/x/compose"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A compiled lab; the source is `lab.net`."""
    (tmp_path / "lab.net").write_text(_LAB)
    assert netdsl("compile", "lab.net", cwd=tmp_path).returncode == 0
    return tmp_path


def test_files_of_a_node_that_is_gone_are_removed_and_the_user_s_stay(lab: Path) -> None:
    notes = lab / OUT / "notes.txt"
    notes.write_text("mine")
    mine = lab / OUT / "payload/nodes/b/mine.txt"
    mine.write_text("mine too")
    (lab / "lab.net").write_text(_LAB.replace("host b { interface on lan }\n", ""))
    done = netdsl("compile", "lab.net", cwd=lab)
    assert done.returncode == 0, done.stderr
    assert "removed" in done.stderr
    left = [path for path in tree(lab / OUT) if "nodes/b/" in path or path == "notes.txt"]
    assert sorted(left) == ["notes.txt", "payload/nodes/b/mine.txt"]


def test_another_lab_in_the_same_folder_takes_the_first_one_s_files_away(lab: Path) -> None:
    done = netdsl("compile", EXAMPLES / "dmz/lab.net", "-o", OUT, cwd=lab)
    assert done.returncode == 0, done.stderr
    fresh = netdsl(
        "compile", EXAMPLES / "dmz/lab.net", "-o", "fresh/compose", "--credentials", "build/dmz/credentials", cwd=lab
    )
    assert fresh.returncode == 0, fresh.stderr
    assert tree(lab / OUT).keys() == tree(lab / "fresh/compose").keys()


@pytest.mark.parametrize("flag", ["--dry-run", "--diff"])
def test_looking_writes_nothing(lab: Path, flag: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in lab.rglob("*")}
    (lab / "lab.net").write_text(_LAB + "host c { interface on lan }\n")
    before[lab / "lab.net"] = (lab / "lab.net").stat().st_mtime_ns
    done = netdsl("compile", "lab.net", flag, cwd=lab)
    assert done.returncode == 0, done.stderr
    assert "payload/nodes/c" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in lab.rglob("*")} == before


def test_looking_makes_no_credentials(tmp_path: Path) -> None:
    for flag in ("--dry-run", "--diff"):
        done = netdsl("compile", EXAMPLES / "site-to-site/lab.net", flag, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.rglob("*.key")), f"{flag} made keys"


def test_a_file_changed_by_hand_is_refused_then_adopted(lab: Path) -> None:
    compose = lab / OUT / "compose.yaml"
    edited = compose.read_text().replace("    hostname: a\n", "    hostname: a\n    mem_reservation: 64m  # small\n")
    assert edited != compose.read_text()
    compose.write_text(edited)
    (lab / "lab.net").write_text(_LAB + "host c { interface on lan }\n")
    before = tree(lab / OUT)
    refused = netdsl("compile", "lab.net", cwd=lab)
    assert refused.returncode == 1
    assert "changed by hand" in refused.stderr
    assert "--adopt" in refused.stderr
    changes = [line for line in refused.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changes == ["+    mem_reservation: 64m  # small"], "what the lab changed is no edit"
    assert tree(lab / OUT) == before
    adopted = netdsl("compile", "lab.net", "--adopt", cwd=lab)
    assert adopted.returncode == 0, adopted.stderr
    override = (lab / OUT / "compose.override.yaml").read_text()
    assert "mem_reservation: 64m" in override
    assert "# small" in override
    assert "mem_reservation" not in compose.read_text()
    again = netdsl("compile", "lab.net", cwd=lab)
    assert again.returncode == 0, again.stderr
    assert (lab / OUT / "compose.override.yaml").read_text() == override


def test_overwrite_drops_what_was_changed(lab: Path) -> None:
    path = lab / OUT / "Dockerfile"
    written = path.read_bytes()
    path.write_text("FROM scratch\n")
    assert netdsl("compile", "lab.net", cwd=lab).returncode == 1
    assert netdsl("compile", "lab.net", "--adopt", cwd=lab).returncode == 1
    done = netdsl("compile", "lab.net", "--overwrite", cwd=lab)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == written


def test_a_stranger_s_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(_LAB)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/compose.yaml").write_text("services: {}\n")
    done = netdsl("compile", "lab.net", "-o", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "is not netdsl's" in done.stderr
    assert tree(tmp_path / "out") == {"compose.yaml": b"services: {}\n"}


@pytest.mark.parametrize("where", ["out", "out/payload", "out/payload/nodes", "out/compose.yaml"])
def test_a_link_leads_nowhere_outside(tmp_path: Path, where: str) -> None:
    (tmp_path / "lab.net").write_text(_LAB)
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / where
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside if "." not in where else outside / "file")
    done = netdsl("compile", "lab.net", "-o", "out", cwd=tmp_path)
    assert done.returncode == 3
    assert "symbolic link" in done.stderr
    assert tree(outside) == {}


def test_a_folder_that_is_named_by_an_absolute_path_may_lie_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(_LAB)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    done = netdsl("compile", "lab.net", "-o", tmp_path / "link/out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "compose.yaml" in tree(tmp_path / "real/out")


def test_a_folder_that_may_not_be_written(lab: Path) -> None:
    """As another user, since root may write everywhere."""
    if os.geteuid() != 0:
        (lab / OUT).chmod(0o555)
        done = netdsl("compile", EXAMPLES / "dmz/lab.net", "-o", OUT, cwd=lab)
        assert done.returncode == 3
        return
    target = lab / "file"
    target.write_text("a file, not a folder")
    done = netdsl("compile", "lab.net", "-o", "file/out", cwd=lab)
    assert done.returncode == 3
    assert "file" in done.stderr
    assert target.read_text() == "a file, not a folder"


def test_an_error_in_the_lab_leaves_the_folder_as_it_was(lab: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (lab / "build").rglob("*")}
    (lab / "lab.net").write_text(_LAB + "host b { }\n")
    assert netdsl("compile", "lab.net", cwd=lab).returncode == 1
    assert {path: path.stat().st_mtime_ns for path in (lab / "build").rglob("*")} == before


def test_a_manifest_that_cannot_be_read_stops_the_compilation(lab: Path) -> None:
    manifest = lab / OUT / "netdsl-manifest.json"
    manifest.write_text("{")
    done = netdsl("compile", "lab.net", cwd=lab)
    assert done.returncode == 3
    assert "netdsl-manifest.json" in done.stderr


def test_a_manifest_from_a_stranger_removes_nothing_outside(lab: Path) -> None:
    import hashlib
    import json

    victim = lab / "victim"
    victim.write_text("mine")
    manifest = lab / OUT / "netdsl-manifest.json"
    document = json.loads(manifest.read_text())
    mark = hashlib.sha256(b"mine").hexdigest()
    document["files"] |= {"../../../victim": mark, str(victim): mark}
    manifest.write_text(json.dumps(document))
    done = netdsl("compile", "lab.net", cwd=lab)
    assert victim.read_text() == "mine", done.stderr


def test_the_folder_can_be_moved_with_its_credentials(tmp_path: Path) -> None:
    assert netdsl("compile", EXAMPLES / "site-to-site/lab.net", cwd=tmp_path).returncode == 0
    shutil.move(tmp_path / "build", tmp_path / "moved")
    text = (tmp_path / "moved/site-to-site/compose/compose.yaml").read_text()
    assert str(tmp_path) not in text
    assert "../credentials" in text
