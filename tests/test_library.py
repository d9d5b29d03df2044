"""netdsl as a library."""

from pathlib import Path

import pytest

import netdsl

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


def test_other_names_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        netdsl.nothing  # noqa: B018
