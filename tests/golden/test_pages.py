"""Every rule has a page, and the page's two examples tell the truth."""

from pathlib import Path

import pytest

from netdsl.diagnostics.catalogue import homes
from netdsl.diagnostics.explain import explain, index

REPOSITORY = Path(__file__).parents[2]
CODES = sorted(homes())
HEADINGS = ["## What it means", "## Why it matters", "## Wrong", "## Mended", "## What to do"]


def _page(code: str) -> Path:
    _, package = homes()[code]
    return REPOSITORY.joinpath(*package.split("."), "pages", f"{code}.md")


def test_there_is_a_page_for_each_rule_and_none_without() -> None:
    """Each in the folder of its rule."""
    pages = set((REPOSITORY / "netdsl").glob("**/pages/*"))
    assert pages == set(map(_page, CODES))


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_what_why_and_what_to_do(code: str, update: bool) -> None:
    rule, _ = homes()[code]
    head = [f"# {code}", "", f"*{rule.severity.value.capitalize()}: {rule.summary}.*"]
    if update:
        body = _page(code).read_text(encoding="utf-8").split("\n")[3:]
        _page(code).write_text("\n".join([*head, *body]), encoding="utf-8")
    page = explain(code)
    assert page is not None
    lines = page.splitlines()
    assert lines[:3] == head
    assert [line for line in lines if line.startswith("## ")] == HEADINGS


def test_what_is_no_code_has_no_page() -> None:
    assert explain("nonsense") is None
    assert explain("../core") is None
    assert explain("") is None


def test_the_index_lists_every_rule(update: bool) -> None:
    place = REPOSITORY / "docs" / "diagnostics" / "README.md"
    if update:
        place.write_text(index(), encoding="utf-8")
    assert place.read_text(encoding="utf-8") == index()
