"""No statement of the case-study labs goes unnoticed: deleted, it is reported with a place, or is known to change nothing.

`deletion-unnoticed.txt` lists the latter, each with its reason. `same lab`: what is compiled is the same to the last field.
`same flows`: whoever was answered in the lab still is, by the same, and nobody else, also while a tunnel is down.
"""

import re
from pathlib import Path

import pytest

from .asking import lab
from .deletion import Deletion, deletions, flows

ROOT = Path(__file__).parents[2]
LISTED = Path(__file__).with_name("deletion-unnoticed.txt")
LABS = ("host-to-host", "site-to-site", "site-to-site-v6")
_NAMED = re.compile(r"`([^`]+)`")


def listed(name: str) -> dict[str, tuple[str, str]]:
    """Path of a statement: `same lab` or `same flows`, and the reason in words."""
    found: dict[str, tuple[str, str]] = {}
    section = path = ""
    for line in LISTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("  ") and section == name:
            what, _, reason = line.strip().partition(": ")
            found[path] = (what, reason)
        elif line and not line.startswith("#"):
            path = line
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_every_statement_is_missed_or_changes_nothing(name: str) -> None:
    text = (ROOT / "examples" / name / "lab.net").read_text(encoding="utf-8")
    whole, known = lab(text), listed(name)
    usual = flows(whole)
    found = list(deletions(name, text))
    assert {each.path for each in found if not each.findings} == set(known)
    for each in found:
        if each.findings:
            assert_names_the_place(each, {node.id for node in whole.nodes})
            continue
        what, reason = known[each.path]
        changed = each.without.lab
        assert changed is not None
        assert (what, bool(reason)) in {("same lab", True), ("same flows", True)}
        if what == "same lab":
            assert changed == whole, each.path
        else:
            assert changed != whole, f"{each.path}: it is even the same lab"
            assert flows(changed) == usual, each.path


def assert_names_the_place(deleted: Deletion, nodes: set[str]) -> None:
    """An expectation that fails names the node where its packet ends, and the others something of the lab."""
    for found in deleted.findings:
        assert found.primary.place.span.text
        named = set(_NAMED.findall(found.message))
        assert named, found.message
        if found.rule.code == "expectation-fails":
            assert any(one.partition(" ")[0].rpartition(".")[0] in nodes or one in nodes for one in named), (
                found.message
            )
