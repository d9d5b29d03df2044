"""The page of a rule: its meaning, its reason, a bad and a corrected source."""

from collections.abc import Iterator

from netdsl.diagnostics.catalogue import homes
from netdsl.disk.shipped import is_shipped, shipped_text

INTRODUCTION = """\
# The rules

Each finding of netdsl names its rule, in brackets: `error[unknown-name]`. `netdsl explain CODE` prints the page of a rule;
the pages lie in the package, so that an installed netdsl has them. This index is made from the catalogue of rules and
kept by a test.
"""


def explain(code: str) -> str | None:
    """The page of a rule in Markdown; None for an unknown code."""
    if code not in homes():
        return None
    page = (homes()[code][1], "pages", f"{code}.md")
    return shipped_text(*page) if is_shipped(*page) else None


def index() -> str:
    """All rules with their summaries, linked to their pages, as `docs/diagnostics/README.md` has them."""
    return "\n".join([INTRODUCTION, *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    yield "| rule | severity | what it is about |"
    yield "| --- | --- | --- |"
    for code, (rule, package) in sorted(homes().items()):
        page = f"../../{package.replace('.', '/')}/pages/{code}.md"
        yield f"| [`{code}`]({page}) | {rule.severity.value} | {rule.summary.replace('|', chr(92) + '|')} |"
