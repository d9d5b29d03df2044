"""A target is one object, found and used alike wherever it comes from; what it cannot do is data."""

import json
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from netdsl.codegen.contract import BadOption, Options
from netdsl.codegen.options import options_of
from netdsl.codegen.registry import BrokenTarget, UnknownTarget, driver_of, meter_of, target_names, target_of
from netdsl.codegen.target import Target
from netdsl.diagnostics.core import Diagnostics
from netdsl.index import TARGETS
from tests.cli.calling import status_of
from tests.codegen.made_targets import ABILITIES, names
from tests.compiling import lab_of

LAB = """lab x
network lan 10.0.0.0/24
host a { interface on lan .1 }
host b { interface on lan .2 ; serve http tcp/80 }
expect { a reaches b tcp/80 }
"""


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other packages are installed: two that have a target, and two that are broken."""
    found = {"names": "names", "broken": "nothing", "odd": "not_a_target", "ready": "ready"}
    entries = EntryPoints(
        EntryPoint(name, f"tests.codegen.made_targets:{value}", "netdsl.targets") for name, value in found.items()
    )
    monkeypatch.setattr("netdsl.codegen.registry._others", lambda: entries)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.net").write_text(LAB)
    return tmp_path


def _found(text: str, target: Target = names, options: Options | None = None) -> list[tuple[str, str | None]]:
    diagnostics = Diagnostics()
    target.check_support(lab_of(text), options or Options(), diagnostics)
    return [(one.message, one.help) for one in diagnostics]


# --- one object, one path


@pytest.mark.parametrize("name", TARGETS)
def test_each_of_ours_has_a_driver(name: str) -> None:
    assert target_of(name).name == name
    assert driver_of(name).slowness >= 1


@pytest.mark.parametrize("name", ["compose", "vagrant"])
def test_containers_and_machines_have_a_meter(name: str) -> None:
    assert {fact.name for fact in meter_of(name).methods()} >= {"memory", "disk"}


@pytest.mark.usefixtures("others")
def test_those_of_other_packages_stand_behind_ours() -> None:
    assert target_names() == (*TARGETS, "broken", "names", "odd", "ready")
    assert target_of("names") is names


@pytest.mark.usefixtures("others")
def test_what_cannot_be_found_or_loaded_is_said_with_its_reason() -> None:
    with pytest.raises(
        UnknownTarget, match=r"there is no target `nmes`; there are: compose, vagrant, namespaces, broken, names"
    ):
        target_of("nmes")
    with pytest.raises(BrokenTarget, match=r"`broken` of tests\.codegen\.made_targets cannot be loaded: .*nothing"):
        target_of("broken")
    with pytest.raises(BrokenTarget, match=r"`odd` .*is no Target of that name"):
        target_of("odd")


# --- a target that has a backend only


VERBS = (
    ("status", "x"),
    ("up", "lab.net"),
    ("up", "x"),
    ("down", "x"),
    ("doctor",),
    ("test", "lab.net"),
    ("test", "lab.net", "--up"),
    ("measure", "lab.net"),
    ("exec", "-l", "x", "a", "true"),
    ("shell", "-l", "x", "a"),
    ("logs", "-l", "x"),
    ("capture", "-l", "x", "a.lan"),
    ("grade", "lab.net", "--running"),
)


@pytest.mark.usefixtures("others", "folder")
@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_without_a_driver_a_verb_says_so(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("compile", "lab.net", "-t", "names") == 0
    before = sorted(Path().rglob("*"))
    capsys.readouterr()
    verb, *rest = words
    assert status_of(verb, "-t", "names", *rest) == 2
    assert capsys.readouterr() == (
        "",
        "error: the target `names` has no driver: its files are made, and cannot be run from here\n",
    )
    assert sorted(Path().rglob("*")) == before


@pytest.mark.usefixtures("others", "folder")
def test_it_is_compared_on_paper_and_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("compare", "lab.net", "-t", "names", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert "names" in json.dumps(document)
    assert status_of("compare", "lab.net", "-t", "names", "--runs", "1") == 3
    assert "names is not measured: the target `names` has no driver" in capsys.readouterr().err


def test_a_target_with_a_driver_may_have_no_meter(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    half = replace(target_of("compose"), name="half", meter=None)
    monkeypatch.setattr("netdsl.codegen.registry.target_of", lambda _: half)
    assert status_of("measure", "lab.net", "-t", "half") == 2
    assert capsys.readouterr().err == "error: the target `half` has no meter: it cannot be measured from here\n"
    assert not (folder / "build").exists()


@pytest.mark.usefixtures("others")
def test_a_broken_package_leaves_the_other_targets_to_the_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("netdsl.codegen.registry.TARGETS", ())
    assert status_of("doctor") == 0
    said = capsys.readouterr()
    assert said.out == "ready:\n  ok       engine: 1.0\n"
    assert [line.partition("`")[2].partition("`")[0] for line in said.err.splitlines()] == ["broken", "odd"]


@pytest.mark.usefixtures("others")
def test_targets_shows_what_each_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("targets") == 0
    rows = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    said = {name: " ".join(rest.split()) for name, rest in rows}
    assert said["compose"] == "dockerfile + compose yes yes macvlan, bridge, ipvlan host, router, switch"
    assert said["names"] == "names no driver no meter bridge, macvlan host, router"
    assert "cannot be loaded" in said["broken"]


# --- what it can do


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        (
            "network beside 10.0.0.0/24\nswitch s { interface a on lan ; interface b on beside }",
            "the target `names` cannot make `s`: it has no nodes of the kind `switch`",
            None,
        ),
        (
            "network far 10.1.0.0/24 { driver ipvlan }",
            "the target `names` cannot make `far` as `ipvlan`",
            "it has bridge, macvlan",
        ),
        (
            "network far 10.1.0.0/24 { driver macvlan private }",
            "the target `names` cannot make `far` as `macvlan private`",
            "only as a bridge",
        ),
        (
            "network far 10.1.0.0/24 { delay 10ms }",
            "the target `names` cannot delay, limit or lose packets on `far` yet",
            None,
        ),
        ("target names { colour = green }", "`green` is no colour", None),
        (
            "target names { color = red }",
            "the target `names` has no setting `color`; it has colour",
            "did you mean `colour`?",
        ),
    ],
)
def test_what_it_cannot_do_is_refused_at_the_line(line: str, message: str, remedy: str | None) -> None:
    text = LAB if line.startswith("target") else LAB.replace("host a", f"{line}\nhost a")
    assert _found(f"{text}{line}\n" if line.startswith("target") else text) == [(message, remedy)]


def test_a_target_that_makes_networks_in_one_way_has_no_driver() -> None:
    plain = replace(names, abilities=replace(ABILITIES, network_drivers=()))
    assert _found(LAB) == []
    ((message, remedy),) = _found(LAB.replace("10.0.0.0/24", "10.0.0.0/24 { driver bridge }"), plain)
    assert message == "the target `names` cannot make `lan` as `bridge`"
    assert remedy == "it makes networks in one way; leave `driver` out"


@pytest.mark.parametrize(
    "options",
    [
        Options(driver="bridge"),
        Options(provider="libvirt"),
        Options(settings={"size": "1"}),
        Options(settings={"colour": "green"}),
    ],
)
def test_options_that_it_does_not_have_are_refused(options: Options) -> None:
    with pytest.raises(BadOption):
        _found(LAB, options=options)


@pytest.mark.usefixtures("others")
def test_in_a_call_for_several_targets_it_sees_its_own_options() -> None:
    settings = {"colour": "red", "pool": "10.0.0.0/12"}
    every = Options(driver="bridge", targets=("compose", "names"), settings=settings)
    assert (options_of("names", every).driver, options_of("names", every).settings) == (None, {"colour": "red"})
    assert options_of("compose", every).settings == {"pool": "10.0.0.0/12"}


def test_neither_a_driver_nor_a_meter_is_loaded_for_a_compilation(folder: Path) -> None:
    import subprocess

    program = (
        "import sys\nfrom netdsl.library import compile_file\n"
        "compile_file('lab.net', credentials='keys')\n"
        "print([name for name in sys.modules if name.endswith(('.driver', '.meter')) and 'backends' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout == "[]\n"
