"""netdsl as a library."""

from pathlib import Path

import pytest

import netdsl
from netdsl.measuring.store import write_run
from tests.comparing.runs import containers, machines

LAB = "lab two\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\nhost b { interface on lan }\n"


def test_a_lab_is_compiled_in_memory(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    result = netdsl.compile_file(tmp_path / "lab.net", credentials=tmp_path / "credentials")
    assert not list(result.diagnostics)
    assert result.compiled is not None
    assert "compose.yaml" in {artifact.path for artifact in result.compiled.emission.artifacts}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.net"]


def test_findings_are_values(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB + "host c { interface on lam }\n")
    checked = netdsl.check_file(tmp_path / "lab.net")
    assert [finding.rule.code for finding in checked.diagnostics] == ["unknown-name"]
    assert netdsl.compile_file(tmp_path / "lab.net", credentials=tmp_path / "c").compiled is None


def test_a_lab_is_asked_before_it_runs(tmp_path: Path) -> None:
    lab = tmp_path / "lab.net"
    lab.write_text(LAB + "expect { a reaches b ; b cannot reach a tcp/22 }\n")
    verdict = netdsl.trace_file(lab, "a", "b", "tcp/80")
    assert (verdict.outcome.value, verdict.passes, [hop.node for hop in verdict.request]) == (
        "refused",
        True,
        ["a", "b"],
    )
    cells = netdsl.matrix_file(lab, sources=["a"])
    assert [(cell.source, cell.destination, cell.passes) for cell in cells] == [("a", "b", True)]
    assert str(netdsl.verify_file(lab).summary) == "1 expectation holds, 1 does not"
    with pytest.raises(ValueError, match="no node `c`"):
        netdsl.trace_file(lab, "c", "b")
    lab.write_text(LAB + "host c { interface on lam }\n")
    with pytest.raises(ValueError, match="no network is called `lam`"):
        netdsl.matrix_file(lab)


def test_what_changed_between_two_labs_is_a_value(tmp_path: Path) -> None:
    before, after = tmp_path / "before.net", tmp_path / "lab.net"
    before.write_text(LAB + "param n = 2\n")
    after.write_text(LAB + "param n = 2\nif $n == 2 { host c { interface on lan } }\n")
    found = netdsl.diff_file(before, after, services=["ping"])
    assert [(one.kind, one.names.after) for one in found.changes] == [("node", "c")]
    assert [(one.turn.value, one.services) for one in found.flows] == [("opened", ("ping",))] * 2
    assert netdsl.diff_file(before, after, parameters_after={"n": "1"}).changes == ()
    after.write_text(LAB + "host c { interface on lam }\n")
    with pytest.raises(ValueError, match="no network is called `lam`"):
        netdsl.diff_file(before, after)


def test_other_names_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        netdsl.nothing  # noqa: B018


def test_targets_are_compared_on_paper_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    paper = netdsl.paper(tmp_path / "lab.net")
    assert [one.target for one in paper.targets] == ["compose", "vagrant", "namespaces"]
    assert paper.is_same_inside
    assert [path.name for path in tmp_path.iterdir()] == ["lab.net"]
    (tmp_path / "lab.net").write_text(LAB + "host c { interface on lam }\n")
    with pytest.raises(ValueError, match="lam"):
        netdsl.paper(tmp_path / "lab.net")


def test_runs_are_compared_as_values_or_by_their_files(tmp_path: Path) -> None:
    write_run(tmp_path / "run.json", containers())
    comparison = netdsl.compare([tmp_path / "run.json", machines()])
    assert comparison == netdsl.compare([containers(), machines()])
    assert [column.name for column in comparison.columns] == ["compose", "vagrant (emulated)"]
    with pytest.raises(ValueError, match="no run"):
        netdsl.compare([])
