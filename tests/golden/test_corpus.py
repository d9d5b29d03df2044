"""Every rule, shown: the bad source gives exactly its finding, and the mended one none at all.

The case of a rule is its page's two examples (`pages/CODE.md` in `netdsl/diagnostics`, or in the kind's folder), or, where
one file is not enough, the folders `cases/CODE/bad` and `cases/CODE/good`, each with a `lab.net`. `expected/CODE.txt` is
what a person reads.
"""

import re
from pathlib import Path

import pytest

from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_of
from netdsl.diagnostics.catalogue import homes
from netdsl.diagnostics.core import Diagnostic
from netdsl.diagnostics.explain import explain
from netdsl.diagnostics.render_text import render_text
from netdsl.lower.lower import lower
from netdsl.pipeline.analysis import check

HERE = Path(__file__).parent
CODES = sorted(homes())
WIDTH = 160
TARGETS = {"differs-in-target": "vagrant"}
"""The target that a rule needs; else compose."""

UNTRUSTED = {"untrusted-statement"}
"""Rules for sources that are not trusted."""

_EXAMPLE = re.compile(r"^```netdsl (bad|good)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(code: str) -> dict[str, str]:
    """The page's compiled examples: `bad` and `good`; none where the case is a folder."""
    return dict(_EXAMPLE.findall(explain(code) or ""))


def findings(code: str, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Diagnostic, ...]:
    """What the compiler says about a rule's bad or good source in its own folder, a target included."""
    case = HERE / "cases" / code / kind
    if not case.is_dir():
        case = folder
        (case / "lab.net").write_text(examples(code)[kind], encoding="utf-8")
    monkeypatch.chdir(case)
    checked = check(Path("lab.net"), is_trusted=code not in UNTRUSTED)
    if checked.bindings is not None:
        target = target_of(TARGETS.get(code, "compose"))
        target.check_support(lower(checked.bindings), Options(), checked.diagnostics)
    return tuple(checked.diagnostics)


@pytest.mark.parametrize("code", CODES)
def test_every_rule_has_one_case(code: str) -> None:
    folder = HERE / "cases" / code
    kinds = {one.name for one in folder.iterdir() if one.is_dir()} if folder.is_dir() else set(examples(code))
    assert kinds == {"bad", "good"}
    assert not (folder.is_dir() and examples(code)), "a page's examples and a folder: which one is the case?"


def test_no_case_without_a_rule() -> None:
    assert {case.name for case in (HERE / "cases").iterdir()} <= set(CODES)
    assert {text.stem for text in (HERE / "expected").iterdir()} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_bad_source_gives_exactly_its_finding(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update: bool
) -> None:
    found = findings(code, "bad", tmp_path, monkeypatch)
    text = render_text(found, width=WIDTH)
    assert [one.rule.code for one in found] == [code], text
    expected = HERE / "expected" / f"{code}.txt"
    if update:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_a_mended_source_gives_none(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(code, "good", tmp_path, monkeypatch)
    assert not found, render_text(found, width=WIDTH)
