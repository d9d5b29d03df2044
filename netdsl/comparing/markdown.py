"""A comparison as tables of GitHub's Markdown."""

from collections.abc import Iterator
from itertools import groupby

from netdsl.codegen.traits import TRAIT_NAMES
from netdsl.comparing.paper_table import ESTIMATES, UNKNOWN, estimate_text, limit_text, paper_heading, same_text
from netdsl.comparing.paper_types import OnPaper, Paper
from netdsl.comparing.table import GROUP_TITLES, cell, heading, is_telling, ratio_text, run_text
from netdsl.comparing.types import Comparison, Group, Quantity
from netdsl.diagnostics.markdown import table, text


def paper_markdown(paper: Paper) -> str:
    return "".join(f"{line}\n" for line in _paper(paper))


def comparison_markdown(comparison: Comparison) -> str:
    return "".join(f"{line}\n" for line in _comparison(comparison))


def _paper(paper: Paper) -> Iterator[str]:
    yield f"**{text(paper_heading(paper))}**, on paper: nothing was started"
    yield ""
    rows = [["", *(text(target.target) for target in paper.targets)]]
    rows += [[name, *(_trait(target, name) for target in paper.targets)] for name in TRAIT_NAMES]
    rows += [[f"{name}, estimate", *(_estimate(target, name) for target in paper.targets)] for name in ESTIMATES]
    yield from table(rows)
    yield ""
    yield f"The same: {text(same_text(paper))}."
    for target in paper.targets:
        if target.limits:
            yield ""
        for limit in target.limits:
            remedy = f"; {limit.help}" if limit.help else ""
            yield f"- {text(limit_text(target.target, limit) + remedy)}"


def _trait(target: OnPaper, name: str) -> str:
    found = target.trait(name)
    if found is None:
        return "not said"
    return text(found.value) + (f"<br>*{text(found.reason)}*" if found.reason else "")


def _estimate(target: OnPaper, name: str) -> str:
    return "<br>".join(text(line) for line in estimate_text(target.estimates, name)) or UNKNOWN


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield f"**{text(heading(comparison))}**, measured; median [95 % interval of the median]"
    yield ""
    for column, run in zip(comparison.columns, comparison.runs, strict=True):
        yield f"- **{text(column.name)}**: {text(run_text(run))}"
    for warning in comparison.warnings:
        yield f"- *{text(warning)}*"
    telling = filter(is_telling, comparison.quantities)
    for group, found in groupby(telling, key=lambda item: item.group):
        yield ""
        yield from table([_heads(comparison, group), *(_figures(comparison, item) for item in found)], numbers=True)
    if comparison.verdicts:
        yield ""
        names = [text(column.name) for column in comparison.columns]
        rows = [
            [text(f"{item.place} {item.text}"), *(text(verdict or "not tested") for verdict in item.by_run)]
            for item in comparison.verdicts
        ]
        yield from table([[GROUP_TITLES[Group.EXPECTATIONS].capitalize(), *names], *rows])


def _heads(comparison: Comparison, group: Group) -> list[str]:
    names = [text(column.name) for column in comparison.columns]
    head, comma, rest = GROUP_TITLES[group].partition(",")
    return [head.capitalize() + comma + rest, *names, *(["ratio"] if len(names) == 2 else [])]


def _figures(comparison: Comparison, quantity: Quantity) -> list[str]:
    cells = [text(quantity.title), *(cell(comparison, quantity, number) for number in range(len(quantity.by_run)))]
    if len(quantity.by_run) == 2:
        cells.append(ratio_text(quantity, 0, 1))
    return cells
