"""`--untrusted`: what a stranger's source may not have is refused at its place, and nothing of its folder is used."""

import stat
from pathlib import Path

import click
import pytest

from netdsl.cli.main import netdsl
from netdsl.pipeline.analysis import check_text
from netdsl.syntax.statements import statements
from tests.cli.calling import status_of, tree

_LAB = "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\nhost b { interface on lan }\n"
_HOST = "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan ; @ }\n"
_WORDS = {
    "run": (_HOST.replace("@", 'run "id"'), 'run "id"'),
    "file": (_HOST.replace("@", 'file /etc/ld.so.preload from "lab.net"'), "file /etc/ld.so.preload"),
    "env": (_HOST.replace("@", 'env LD_PRELOAD = "/srv/x"'), "env LD_PRELOAD"),
    "uplink": (_HOST.replace("@", "uplink nat"), "uplink nat"),
    "target": (_LAB + "target vagrant { box = evil/box }\n", "target vagrant"),
}
_VERBS = (
    ("check", "lab.net"),
    ("check", "--fix", "lab.net"),
    ("verify", "lab.net"),
    ("trace", "lab.net", "a", "b"),
    ("matrix", "lab.net"),
    ("diff", "lab.net", "lab.net"),
    ("graph", "lab.net"),
    ("dump", "lab.net"),
    ("compile", "lab.net"),
    ("up", "lab.net"),
    ("test", "lab.net"),
    ("test", "--up", "lab.net"),
    ("measure", "lab.net"),
    ("compare", "lab.net"),
    ("handout", "lab.net"),
    ("grade", "lab.net"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stranger's folder, in which netdsl is called; `../state` is the user's own."""
    inside = tmp_path / "lab"
    inside.mkdir()
    monkeypatch.chdir(inside)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Path("lab.net").write_text(_LAB)
    return inside


@pytest.mark.parametrize("word", sorted(_WORDS))
def test_a_statement_with_a_power_is_refused_at_its_place(word: str) -> None:
    text, there = _WORDS[word]
    checked = check_text(text.encode(), is_trusted=False)
    found = [one for one in checked.diagnostics if one.rule.code == "untrusted-statement"]
    assert [one.primary.place.span.text[: len(there)] for one in found] == [there]
    assert (checked.bindings, checked.lab) == (None, None)
    assert all(one.rule.code != "untrusted-statement" for one in check_text(text.encode()).diagnostics)


def test_all_statements_with_a_power_are_tried_here() -> None:
    assert {one.word for one in statements() if one.power} == set(_WORDS)


def test_an_image_runs_nothing_and_a_template_hides_nothing() -> None:
    declared = 'image i { run "id" }\ntemplate t(n) { for k in 1..$n { run "x $k" } }\n'
    text = _HOST.replace("@", "image i ; use t(n=3)") + declared
    found = [one for one in check_text(text.encode(), is_trusted=False).diagnostics if one.is_error]
    assert [one.primary.place.span.text for one in found] == ['run "id"', 'run "x $k"']


@pytest.mark.parametrize("words", _VERBS, ids=" ".join)
def test_a_verb_refuses_before_anything_is_made(
    folder: Path, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    Path("lab.net").write_text(_HOST.replace("@", 'run "touch /tmp/x"') + "host b { interface on lan }\n")
    verb, *rest = words
    assert status_of(verb, "--untrusted", *rest) == (2 if verb == "diff" else 1)
    captured = capfd.readouterr()
    assert "`run` in a source that is not trusted" in captured.out + captured.err
    assert [path.name for path in folder.iterdir()] == ["lab.net"]
    assert not (folder.parent / "state").exists()


def test_every_verb_on_a_lab_but_the_formatter_can_be_told_that_the_source_is_not_trusted() -> None:
    context = click.Context(netdsl)
    verbs = {name: netdsl.get_command(context, name) for name in netdsl.list_commands(context)}
    without = {name for name, verb in verbs.items() if verb and "is_trusted" not in {one.name for one in verb.params}}
    assert without == {"init", "fmt", "explain", "targets", "doctor", "completion"}


def test_a_closed_lab_has_no_network_while_its_images_are_built(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status_of("compile", "--closed", "--build-network", "lab.net") == 2
    assert "--closed leaves no network to an image that is built either" in capfd.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["lab.net"]


def test_what_is_made_lies_in_a_folder_of_the_user_alone(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    planted = Path("build/x/compose")
    planted.mkdir(parents=True)
    (planted / "compose.override.yaml").write_text("services: {a: {privileged: true}}\n")
    before = tree(folder)
    assert status_of("compile", "--untrusted", "lab.net") == 0
    own = folder.parent / "state/netdsl/untrusted"
    assert f"x: {own}/x/compose (" in capfd.readouterr().err
    assert sorted(path.name for path in (own / "x").iterdir()) == [".netdsl-source", "compose"]
    assert not (own / "x/compose/compose.override.yaml").exists()
    assert tree(folder) == before


@pytest.mark.parametrize("verb", ["compile", "handout"])
def test_the_folder_of_strangers_labs_is_closed_to_other_users(folder: Path, verb: str) -> None:
    assert status_of(verb, "--untrusted", "lab.net") == 0
    assert stat.S_IMODE((folder.parent / "state/netdsl/untrusted").stat().st_mode) == 0o700


def test_a_folder_that_is_named_has_to_be_fresh(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/.env").write_text("NETDSL_CREDENTIALS=/root\n")
    assert status_of("compile", "--untrusted", "-o", "out", "lab.net") == 2
    assert "--untrusted writes to a fresh folder, and out has something in it" in capfd.readouterr().err
    assert [path.name for path in Path("out").iterdir()] == [".env"]
    assert status_of("compile", "--untrusted", "-o", "new", "lab.net") == 0


def test_what_is_compiled_already_is_not_started(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert status_of("compile", "lab.net") == 0
    assert status_of("up", "--untrusted", "build/x/compose") == 2
    assert "--untrusted is for a source" in capfd.readouterr().err


def test_a_running_lab_is_found_by_the_word_that_it_was_compiled_with(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status_of("compile", "--untrusted", "lab.net") == 0
    assert status_of("status", "lab.net") == 2
    assert "there is one that was compiled with --untrusted" in capfd.readouterr().err
    assert status_of("down", "--untrusted", "./build") == 2
    assert "--untrusted is for a source or a lab's name, and ./build is none" in capfd.readouterr().err


def test_a_file_with_what_is_refused_is_not_graded_and_its_row_says_why(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("lab.net").write_text(_LAB + "expect { a reaches b }\n")
    Path("theirs.net").write_text(_LAB.replace("{ interface", '{ run "id" ; interface', 1))
    assert status_of("grade", "--untrusted", "lab.net", "lab.net", "theirs.net") == 4
    assert "theirs.net:3:10: `run` in a source that is not trusted" in " ".join(capfd.readouterr().out.split())
