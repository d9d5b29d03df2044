"""`handout` as a user meets it, and what `--each` calls its variants."""

import json
from pathlib import Path

import pytest

from tests.cli.calling import EXAMPLES, netdsl, tree

pytestmark = pytest.mark.slow  # each test starts processes

LAB = """lab x
param student = 1 in 1..3
network lan 10.$student.0.0/24
host a { interface on lan ; if $student == 2 { default via b } }
host b { interface on lan }
expect { a reaches b }
"""


def test_each_student_gets_a_folder(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = netdsl("handout", "lab.net", "--each", "student", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    folders = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("build/*/*"))
    assert folders == [f"build/x-{number}/handout" for number in (1, 2, 3)]
    assert sorted(tree(tmp_path / folders[1])) == ["addresses.md", "lab.net", "lab.svg"]
    assert "network lan 10.2.0.0/24" in (tmp_path / folders[1] / "lab.net").read_text()


def test_the_handout_of_the_example_has_no_word_of_the_faults(tmp_path: Path) -> None:
    done = netdsl("handout", EXAMPLES / "students/lab.net", "-D", "student=4", "-o", "four", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = "".join(content.decode() for content in tree(tmp_path / "four").values())
    assert not [word for word in ("wrong_secret", "no_redirect", "expect", "pick") if word in text]


def test_what_is_there_is_kept_unless_it_is_a_handout_that_may_go(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    assert netdsl("handout", "lab.net", "-o", "out", cwd=tmp_path).returncode == 0
    before = tree(tmp_path / "out")
    refused = netdsl("handout", "lab.net", "-o", "out", "-D", "student=3", cwd=tmp_path)
    assert (refused.returncode, tree(tmp_path / "out")) == (2, before)
    assert "--overwrite replaces a handout" in refused.stderr
    done = netdsl("handout", "lab.net", "-o", "out", "-D", "student=3", "--overwrite", cwd=tmp_path)
    assert (done.returncode, tree(tmp_path / "out") == before) == (0, False)
    refused = netdsl("handout", "lab.net", "-o", ".", "--overwrite", cwd=tmp_path)
    assert refused.returncode == 2
    assert "it is no handout" in refused.stderr
    assert (tmp_path / "lab.net").read_text() == LAB


def test_nothing_is_written_where_a_variant_has_an_error(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB.replace("default via b", "default via c"))
    done = netdsl("handout", "lab.net", "--each", "student", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("student=2:\nerror[unknown-name]")
    assert [path.name for path in tmp_path.iterdir()] == ["lab.net"]


@pytest.mark.parametrize("verb", ["handout", "compile"])
def test_no_value_of_a_parameter_leads_out_of_the_folder(verb: str, tmp_path: Path) -> None:
    text = (
        'param p = "a" in "a", "/../../../x"\n'
        + LAB.replace("lab x\n", "")
        + "host c { interface on lan ; env P = $p }\n"
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/lab.net").write_text(text)
    done = netdsl(verb, "lab.net", "--each", "p", cwd=tmp_path / "sub")
    assert done.returncode == 2
    assert "none can be called by `/../../../x`" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["sub"]


def test_compile_says_whose_variant_a_line_is_about(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB.replace("default via b", "default via c"))
    done = netdsl("compile", "lab.net", "--each", "student", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("x (student=1): ")
    assert lines[lines.index("student=2:") + 1].startswith("error[unknown-name]")
    findings = netdsl("compile", "lab.net", "--each", "student", "--format", "json", "--dry-run", cwd=tmp_path)
    documents, at = [], 0
    while at < len(findings.stdout):
        document, end = json.JSONDecoder().raw_decode(findings.stdout, at)
        documents.append((document["variant"], document["counts"]["errors"]))
        at = end + 1
    assert documents == [("student=1", 0), ("student=2", 1)]
