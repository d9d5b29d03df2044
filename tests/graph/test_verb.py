"""`netdsl graph`, and the library's `graph_file`."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import netdsl
from netdsl.cli.main import netdsl as command

LAB = """lab two
param last = 2
network lan 10.0.0.0/24
host a { interface on lan .1 }
host b { interface on lan .$last }
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.net"
    path.write_text(LAB)
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(command, ["graph", *map(str, words)])


def test_svg_on_standard_output_is_the_default(lab: Path) -> None:
    done = call(lab)
    assert done.exit_code == 0
    assert ElementTree.fromstring(done.stdout).tag == "{http://www.w3.org/2000/svg}svg"
    assert "10.0.0.2" in done.stdout


def test_parameters_change_the_picture(lab: Path) -> None:
    assert "10.0.0.77" in call(lab, "-D", "last=77").stdout


@pytest.mark.parametrize(
    ("name", "begins"),
    [("x.svg", "<svg "), ("x.mmd", "---\n"), ("x.dot", "graph "), ("x.drawio", "<mxfile "), ("x", "<svg ")],
)
def test_the_ending_of_the_file_says_the_format(lab: Path, name: str, begins: str) -> None:
    done = call(lab, "-o", lab.parent / name)
    assert (done.exit_code, done.stdout) == (0, "")
    assert (lab.parent / name).read_text().startswith(begins)


def test_a_format_that_is_asked_for_wins(lab: Path) -> None:
    call(lab, "-o", lab.parent / "x.svg", "--format", "dot")
    assert (lab.parent / "x.svg").read_text().startswith('graph "two" {')


def test_a_lab_with_an_error_is_told_and_nothing_is_written(lab: Path) -> None:
    lab.write_text(LAB + "host c { interface on lam }\n")
    (lab.parent / "x.svg").write_text("old")
    done = call(lab, "-o", lab.parent / "x.svg")
    assert done.exit_code == 1
    assert "lab.net:6:23" in done.output
    assert (lab.parent / "x.svg").read_text() == "old"
    assert sorted(path.name for path in lab.parent.iterdir()) == ["lab.net", "x.svg"]


def test_a_lab_that_does_not_do_what_it_expects_is_drawn(lab: Path) -> None:
    lab.write_text(LAB + "expect { a cannot reach b }\n")
    assert call(lab).exit_code == 0


def test_the_library_draws_the_same(lab: Path) -> None:
    assert netdsl.graph_file(lab) == call(lab).stdout
    assert netdsl.graph_file(lab, "dot", {"last": "9"}) == call(lab, "--format", "dot", "-D", "last=9").stdout
    with pytest.raises(ValueError, match=r"no format `png`; there are svg, mermaid, dot, drawio"):
        netdsl.graph_file(lab, "png")
    lab.write_text(LAB + "host c { interface on lam }\n")
    with pytest.raises(ValueError, match="lam"):
        netdsl.graph_file(lab)


def test_an_ending_that_no_format_has_is_refused(lab: Path) -> None:
    done = call(lab, "-o", lab.parent / "x.png")
    assert done.exit_code == 2
    assert "there is no picture `.png`: .svg, .mmd" in done.stderr
    assert not (lab.parent / "x.png").exists()
    assert call(lab, "-o", lab.parent / "x.png", "--format", "svg").exit_code == 0


def test_the_lab_is_not_drawn_over(lab: Path) -> None:
    done = call(lab, "-o", lab, "--format", "dot")
    assert done.exit_code == 2
    assert lab.read_text() == LAB
