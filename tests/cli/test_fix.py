"""`netdsl check --fix` writes what is certain, says what, and leaves the rest as it is."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netdsl.cli.main import netdsl
from netdsl.disk.named import rewrite
from netdsl.disk.refused import PathRefused

SITE = """\
param range
network inside $range
router gateway {
  interface lan on inside .1
  firewall {
    policy drop
    allow input icmp in lan                 # a ping
  }
}
host pc { interface on inside ; default via gatewy }
"""
LAB = """\
lab two
import "site.net" as site
use site as a (range = 10.1.0.0/24)
netwrk lan 10.2.0.0/24                      # a typo
router r {
  interface on lna .1
  memory 64M
  firewall {
    policy drop
    accept forward icmp
  }
}
host h { interface on lan ; default via r }
expect {
  a.pc reaches a.gateway
  h reaches r
}
"""
MENDED_SITE = SITE.replace("allow", "accept").replace("gatewy", "gateway")
MENDED_LAB = (
    LAB.replace("netwrk", "network")
    .replace("lna", "lan")
    .replace("64M", "64MiB")
    .replace("accept forward", "accept input")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("lab.net").write_text(LAB)
    Path("site.net").write_text(SITE)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(netdsl, ["check", *words])


def test_what_is_certain_is_written_and_told(folder: Path) -> None:
    done = run("lab.net", "--fix")
    assert done.exit_code == 0
    assert Path("lab.net").read_text() == MENDED_LAB
    assert Path("site.net").read_text() == MENDED_SITE
    assert done.output.splitlines() == [
        "lab.net:4:1: fixed unknown-statement: `network` instead of `netwrk`",
        "lab.net:7:10: fixed syntax-error: `64MiB` instead of `64M`",
        "site.net:7:5: fixed foreign-word, in site.net, which the lab imports: `accept` instead of `allow`",
        "lab.net:6:16: fixed unknown-name: `lan` instead of `lna`",
        "site.net:10:45: fixed unknown-name, in site.net, which the lab imports: `gateway` instead of `gatewy`",
        "lab.net:16:3: fixed expectation-fails: `accept forward icmp` (line 10) is of the forward chain, and the"
        " packet is for `r` itself: `accept input icmp`",
        "two: 4 nodes, 2 networks: no errors; 2 expectations hold",
    ]


def test_a_second_time_there_is_nothing_to_do(folder: Path) -> None:
    run("lab.net", "--fix")
    stamps = [Path(name).stat().st_mtime_ns for name in ("lab.net", "site.net")]
    assert run("lab.net", "--fix").output == "two: 4 nodes, 2 networks: no errors; 2 expectations hold\n"
    assert [Path(name).stat().st_mtime_ns for name in ("lab.net", "site.net")] == stamps


def test_a_difference_is_shown_and_nothing_written(folder: Path) -> None:
    done = run("lab.net", "--diff")
    assert done.exit_code == 0
    assert "--- lab.net\n+++ lab.net (fixed)\n" in done.output
    assert "-netwrk lan 10.2.0.0/24                      # a typo\n+network lan" in done.output
    assert "+host pc { interface on inside ; default via gateway }" in done.output
    assert Path("lab.net").read_text() == LAB
    assert Path("site.net").read_text() == SITE


def test_what_is_not_certain_stays_and_is_an_error(folder: Path) -> None:
    Path("lab.net").write_text(MENDED_LAB.replace("h reaches r", "h reaches r ; h reaches nowhere-at-all"))
    Path("site.net").write_text(MENDED_SITE)
    done = run("lab.net", "--fix")
    assert done.exit_code == 1
    assert "no node" in done.output or "nothing is called" in done.output
    assert "nowhere-at-all" in Path("lab.net").read_text()


def test_of_two_names_as_near_none_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "lab x\nnetwork lan-1 10.1.0.0/24\nnetwork lan-2 10.2.0.0/24\nhost h { interface on lan-3 }\n"
    Path("lab.net").write_text(text)
    assert run("lab.net", "--fix").exit_code == 1
    assert Path("lab.net").read_text() == text


def test_a_name_that_is_unknown_at_several_places_is_more_likely_declared_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "lab x\nnetwork outsde 10.1.0.0/24\nhost a { interface on outside }\nhost b { interface on outside }\n"
    Path("lab.net").write_text(text)
    assert run("lab.net", "--fix").exit_code == 1
    assert Path("lab.net").read_text() == text


def test_of_two_words_as_near_none_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rate` and `route`."""
    monkeypatch.chdir(tmp_path)
    text = "lab x\nnetwork a 10.1.0.0/24\nhost h { interface on a .1\n  rote 10.2.0.0/24 via 10.1.0.9\n}\n"
    Path("lab.net").write_text(text)
    assert run("lab.net", "--fix").exit_code == 1
    assert Path("lab.net").read_text() == text


def test_line_ends_and_byte_order_mark_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = (
        "lab x\r\nnetwork a 10.1.0.0/24\r\nnetwork b 10.2.0.0/24\r\n"
        "router r { interface on a .1 ; interface on b .1 }\r\n"
        "host h {\r\n  interface on a\r\n  default via r\r\n}\r\nhost s {\r\n  interface on b # here\r\n}\r\n"
        "expect { h reaches s }\r\n"
    )
    Path("lab.net").write_bytes(b"\xef\xbb\xbf" + wrong.encode())
    assert run("lab.net", "--fix").exit_code == 0
    mended = wrong.replace("  interface on b # here\r\n", "  interface on b # here\r\n  default via r\r\n")
    assert Path("lab.net").read_bytes() == b"\xef\xbb\xbf" + mended.encode()


def test_standard_input_is_no_file_to_change() -> None:
    done = CliRunner().invoke(netdsl, ["check", "-", "--fix"], input="lab x\n")
    assert done.exit_code == 2


def test_the_findings_that_are_left_can_be_json(folder: Path) -> None:
    done = CliRunner().invoke(netdsl, ["check", "lab.net", "--fix", "--format", "json"])
    assert done.exit_code == 0
    assert '"diagnostics": []' in done.stdout


def test_files_are_rewritten_with_their_mode(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    rewrite({tmp_path / "real": b"new"})
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "real").stat().st_mode & 0o7777 == 0o640
    assert len(list(tmp_path.iterdir())) == 1


def test_no_file_is_rewritten_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(PathRefused, match="a symbolic link"):
        rewrite({tmp_path / "link": b"new"})
    assert (tmp_path / "real").read_bytes() == b"old"


def test_where_one_file_is_gone_none_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        rewrite({tmp_path / "a": b"new", tmp_path / "gone" / "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
