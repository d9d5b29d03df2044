"""The file of a run: what is written is read, and what is no such file says why."""

import json
import stat
from dataclasses import replace
from pathlib import Path as FilePath

import pytest

from netdsl.measuring.failures import RunUnreadable
from netdsl.measuring.store import parse_run, read_run, write_run
from netdsl.measuring.types import CUT, Asking, Latency, Round, Run, Trouble
from tests.comparing.runs import taken
from tests.measuring.pretending import MACHINE, PATH, Bench


@pytest.fixture
def run(tmp_path: FilePath) -> Run:
    job = Bench(tmp_path).job()
    run = Run(1, "0.1.0", "compose", job.subject, MACHINE, (), (), job.plan, (PATH,), 2)
    cut = replace(taken(2), troubles=(Trouble(CUT, "it was stopped"),))
    return replace(run, rounds=(taken(1), cut))


def _changed(run: Run, path: FilePath, **fields: object) -> bytes:
    write_run(path, run)
    return json.dumps({**json.loads(path.read_bytes()), **fields}).encode()


def test_what_is_written_is_read(run: Run, tmp_path: FilePath) -> None:
    path = tmp_path / "run.json"
    write_run(path, run)
    assert read_run(path) == run
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"], "nothing else is left"
    assert stat.S_IMODE(path.stat().st_mode) & 0o400


def test_figures_come_back_to_the_last_digit(run: Run, tmp_path: FilePath) -> None:
    times = (1.23e-05, 0.1 + 0.2, 2.0, 7e-9)
    one = Round(1, "2026-01-01T00:00:00+00:00", 1.0, (0.0, 0.0), latencies=(Latency("x", Asking.PING, times, 0),))
    write_run(tmp_path / "run.json", replace(run, rounds=(one,)))
    assert read_run(tmp_path / "run.json").rounds[0].latencies[0].times == times


def test_a_cut_round_does_not_count_as_one(run: Run) -> None:
    assert [one.is_cut for one in run.rounds] == [False, True]
    assert not run.is_complete
    assert replace(run, wanted=1).is_complete


def test_where_it_cannot_be_written_the_old_file_stays(run: Run, tmp_path: FilePath) -> None:
    path = tmp_path / "run.json"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_run(path, run)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no file of `netdsl measure`"),
        (b"lab x\nhost a {}\n", "is no file of `netdsl measure`"),
        (b"\xff\xfe\x00", "is no file of `netdsl measure`"),
        (b"[]", "is no file of `netdsl measure`: expected object, got array"),
        (b'{"format": 1}', "is no file of `netdsl measure`: object missing required field netdsl"),
        (b'{"format": "one", "netdsl": "1"}', "is no file of `netdsl measure`: format: expected int, got str"),
        (b'{"format": 2, "netdsl": "9.0"}', "has the format 2 (written by netdsl 9.0); this netdsl reads 1"),
        (b'{"format": 1, "netdsl": "0.1.0"}', "is damaged: object missing required field target"),
        (b"[" * 100_000, "is no file"),
        (b'{"format": 1, "netdsl": "1", "rounds": ' + b"[" * 100_000, "is no file"),
    ],
)
def test_what_is_no_run_says_why(content: bytes, said: str) -> None:
    with pytest.raises(RunUnreadable) as caught:
        parse_run(content, "run.json")
    assert str(caught.value).startswith("run.json ")
    assert said in str(caught.value)


def test_a_damaged_file_names_the_field(run: Run, tmp_path: FilePath) -> None:
    rounds = json.loads(_changed(run, tmp_path / "run.json"))["rounds"]
    rounds[1]["boots"][0]["kind"] = "tepid"
    with pytest.raises(RunUnreadable, match=r"is damaged: rounds\[1\]\.boots\[0\]\.kind: invalid enum value 'tepid'"):
        parse_run(_changed(run, tmp_path / "run.json", rounds=rounds), "run.json")
    with pytest.raises(RunUnreadable, match="is damaged: wanted: expected int, got str"):
        parse_run(_changed(run, tmp_path / "run.json", wanted="3"), "run.json")


def test_half_a_file_is_damaged(run: Run, tmp_path: FilePath) -> None:
    content = _changed(run, tmp_path / "run.json")
    with pytest.raises(RunUnreadable):
        parse_run(content[: len(content) // 2], "run.json")


@pytest.mark.parametrize(("number", "is_taken"), [("-5", False), ("1e300", False), ("0", True)])
def test_what_nobody_can_have_measured_is_damage(number: str, is_taken: bool, run: Run, tmp_path: FilePath) -> None:
    file = tmp_path / "run.json"
    write_run(file, run)
    found = json.loads(file.read_text())
    found["rounds"][0]["seconds"] = json.loads(number)
    file.write_text(json.dumps(found))
    if is_taken:
        assert read_run(file).rounds[0].seconds == 0
    else:
        with pytest.raises(RunUnreadable, match=r"is damaged: rounds\[0\]\.seconds: nothing that is measured is below"):
            read_run(file)
