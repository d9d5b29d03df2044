"""The long text of a rule: what it means, why it matters, a bad and a mended source."""

from importlib import resources

from netdsl.diagnostics.catalogue import CATALOGUE


def explain(code: str) -> str | None:
    """The page of a rule in Markdown, None for a code that is none."""
    if code not in CATALOGUE:
        return None
    page = resources.files("netdsl.diagnostics") / "pages" / f"{code}.md"
    return page.read_text(encoding="utf-8") if page.is_file() else None
