"""Results as a table of 80 columns. Differences from the prediction come first."""

import textwrap
from collections.abc import Iterator

from netdsl.diagnostics.visible import visible
from netdsl.diagnostics.wording import counted
from netdsl.testing.statements import shown_place
from netdsl.testing.types import Block, Results, Tested, Verdict
from netdsl.verify.sentences import block_text, claim_text

WIDTH = 80
_MARKS = {Verdict.PASSED: "ok", Verdict.FAILED: "FAIL", Verdict.UNTESTED: "?", Verdict.LINE: "-"}
_COLUMNS = (4, 13, 26, 5, 28)
"""Widths of the columns: verdict, place, statement, predicted, seen; separated by a blank."""


def table(results: Results) -> str:
    """All results as text."""
    return "".join(f"{line}\n" for line in _lines(results))


def _lines(results: Results) -> Iterator[str]:
    if results.differences:
        yield from _alarm(results)
        yield ""
    if not results.blocks:
        yield f"{results.lab} has no expectations"
        return
    yield from _row(("", "where", "expected", "pred.", "seen"))
    for block in results.blocks:
        yield from _block(block)
    yield ""
    yield summary(results)


def _alarm(results: Results) -> Iterator[str]:
    """The differences between prediction and test, with a frame."""
    bar = "!" * WIDTH
    yield bar
    yield "PREDICTION AND REALITY DIFFER: a bug in netdsl, or in the lab's raw parts"
    yield bar
    for line in results.differences:
        yield from _wrapped(f"{shown_place(line.line.origin)}: {claim_text(line.line.claim)}", "  ")
        yield from _wrapped(f"predicted: {_word(holds=line.proof.holds)}; {line.proof.reason}", "    ")
        yield from _wrapped(f"seen: {_word(holds=line.seen.holds)}; {line.seen.text}", "    ")
    yield bar


def _block(block: Block) -> Iterator[str]:
    expectation = block.expectation
    if expectation.is_failure or expectation.state is not None or expectation.title is not None:
        mark = _MARKS[block.verdict] if expectation.is_failure else ""
        text = block_text(expectation)
        if expectation.is_failure:
            text += ": at least one line must not hold"
        yield from _wrapped(f"{mark:{_COLUMNS[0]}} {shown_place(expectation.origin)} {text}", "", "     ")
    for line in block.lines:
        yield from _tested(line)


def _tested(line: Tested) -> Iterator[str]:
    seen = line.seen.text
    if line.seen.holds is not None and line.verdict is Verdict.LINE:
        seen = f"{_word(holds=line.seen.holds)}: {seen}"
    if line.seen.control:
        seen += f" (control: {line.seen.control})"
    mark = "DIFF" if line.differs else _MARKS[line.verdict]
    predicted = _word(holds=line.proof.holds) if line.proof.is_exact else "raw"
    yield from _row((mark, shown_place(line.line.origin), claim_text(line.line.claim), predicted, seen))


def _word(*, holds: bool | None) -> str:
    return "?" if holds is None else "holds" if holds else "fails"


def _row(cells: tuple[str, ...]) -> Iterator[str]:
    wrapped = [textwrap.wrap(visible(cell), width) or [""] for cell, width in zip(cells, _COLUMNS, strict=True)]
    for number in range(max(map(len, wrapped))):
        parts = [lines[number] if number < len(lines) else "" for lines in wrapped]
        yield " ".join(f"{part:{width}}" for part, width in zip(parts, _COLUMNS, strict=True)).rstrip()


def _wrapped(text: str, first: str, others: str | None = None) -> Iterator[str]:
    indent = f"{first}  " if others is None else others
    yield from textwrap.wrap(visible(text), WIDTH, initial_indent=first, subsequent_indent=indent)


def summary(results: Results) -> str:
    """One line: the numbers of verdicts, the duration, and whether ESP ran in the kernel or in user space."""
    parts = [f"{results.count(Verdict.PASSED)} passed"]
    failed, untested = results.count(Verdict.FAILED), results.count(Verdict.UNTESTED)
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{untested} not tested"] if untested else []
    parts += [counted(len(results.differences), "difference")] if results.differences else []
    esp = f", ESP of {'the kernel' if results.esp == 'kernel' else 'user space'}" if results.esp else ""
    return f"{results.lab} on {results.target}: {', '.join(parts)} ({results.seconds:.1f} s{esp})"
