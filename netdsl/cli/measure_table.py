"""What `measure` says of a run: its figures as `compare` has them, then what failed, in full."""

from collections.abc import Iterator

from netdsl.comparing.columns import wrapped
from netdsl.comparing.compare import compare
from netdsl.comparing.table import comparison_table
from netdsl.measuring.types import Round, Run
from netdsl.testing.types import Verdict

_FINE = tuple(verdict for verdict in Verdict if verdict.is_good)


def run_table(run: Run, width: int) -> str:
    """Lines of at most `width` columns, which is taken for 60 to 110."""
    failures = [line for one in run.rounds for line in _failures(one, width)]
    text = "".join(f"{line}\n" for line in ("", "what failed:", *failures)) if failures else ""
    return comparison_table(compare((run,)), width) + text


def _failures(one: Round, width: int) -> Iterator[str]:
    where = f"round {one.number}"
    for line in one.lines:
        if line.verdict not in _FINE:
            text = f"{where}: {line.place} {line.text}: {line.verdict}: {line.seen}"
            yield from wrapped(text, width, "    ", "  ")
    for trouble in one.troubles:
        first, *more = trouble.message.splitlines() or [""]
        yield from wrapped(f"{where}: {trouble.step}: {first}", width, "    ", "  ")
        for rest in more:
            yield from wrapped(f"| {rest}", width, "      ", "    ")
        if trouble.remedy:
            yield from wrapped(f"help: {trouble.remedy}", width, "      ", "    ")
