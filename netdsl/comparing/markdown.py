"""A comparison as tables of GitHub's Markdown."""

import re
from collections.abc import Iterator, Sequence

from netdsl.codegen.traits import TRAIT_NAMES
from netdsl.comparing.paper_table import ESTIMATES, UNKNOWN, estimate_text, limit_text, paper_heading, same_text
from netdsl.comparing.paper_types import OnPaper, Paper
from netdsl.diagnostics.visible import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&!$])")


def paper_markdown(paper: Paper) -> str:
    return "".join(f"{line}\n" for line in _paper(paper))


def text(value: str) -> str:
    """Text in a cell or a paragraph: nothing in it is markup."""
    return _SPECIAL.sub(r"\\\1", visible(value))


def table(rows: Sequence[Sequence[str]], *, numbers: bool = False) -> Iterator[str]:
    """The first row is the head; cells are markup already. `numbers`: all but the first column are aligned to the right."""
    head, *body = rows
    marks = ["---", *("---:" if numbers else "---" for _ in head[1:])]
    for cells in (head, marks, *body):
        yield f"| {' | '.join(cells)} |"


def _paper(paper: Paper) -> Iterator[str]:
    yield f"**{text(paper_heading(paper))}**, on paper: nothing was started"
    yield ""
    rows = [["", *(text(one.target) for one in paper.targets)]]
    rows += [[name, *(_trait(one, name) for one in paper.targets)] for name in TRAIT_NAMES]
    rows += [[f"{name}, estimate", *(_estimate(one, name) for one in paper.targets)] for name in ESTIMATES]
    yield from table(rows)
    yield ""
    yield f"The same: {text(same_text(paper))}."
    for one in paper.targets:
        if one.limits:
            yield ""
        for limit in one.limits:
            remedy = f"; {limit.help}" if limit.help else ""
            yield f"- {text(limit_text(one.target, limit) + remedy)}"


def _trait(one: OnPaper, name: str) -> str:
    found = one.trait(name)
    if found is None:
        return "not said"
    return text(found.value) + (f"<br>*{text(found.reason)}*" if found.reason else "")


def _estimate(one: OnPaper, name: str) -> str:
    return "<br>".join(text(line) for line in estimate_text(one.estimates, name)) or UNKNOWN
