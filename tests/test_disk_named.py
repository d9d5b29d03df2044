"""Reports are written whole or not at all."""

import os
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from netdsl.disk import named
from netdsl.disk.named import write_whole, written
from netdsl.disk.refused import PathRefused


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    with path.open() as reader:
        write_whole(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    """As /dev/null, which root could replace."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "report")
    reader.join()
    assert heard == ["report"]
    assert pipe.is_fifo()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path, "report")


def test_a_pipe_that_no_program_reads_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "_PATIENCE", 0.0)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PathRefused, match="a pipe that no program reads from"):
        write_whole(tmp_path / "pipe", "report")


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("precious")
    (tmp_path / "report").symlink_to("real")
    write_whole(tmp_path / "report", "new")
    with written(tmp_path / "capture") as descriptor:
        os.write(descriptor, b"pcap")
    assert not (tmp_path / "report").is_symlink()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "real": "precious", "report": "new", "capture": "pcap",
    }  # fmt: skip


@pytest.mark.parametrize("where", ["/proc/self/cwd", "/dev/shm"])
def test_a_file_below_proc_or_dev_is_replaced_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with TemporaryDirectory(dir=where) as folder:
        (Path(folder) / "real").write_text("an old report, which is longer")
        (Path(folder) / "link").symlink_to("real")
        for name in ("link", "real"):
            write_whole(Path(folder) / name, "new")
        assert {path.name: path.read_text() for path in Path(folder).iterdir()} == {"link": "new", "real": "new"}
        assert not (Path(folder) / "link").is_symlink()


def test_devices_and_what_is_open_already_are_written_to(capfd: pytest.CaptureFixture[str]) -> None:
    write_whole(Path("/dev/stdout"), "report")
    write_whole(Path("/dev/null"), "report")
    assert capfd.readouterr().out == "report"
    assert Path("/dev/null").is_char_device()


def test_a_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "report", "new")
    finally:
        os.umask(old)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o640
