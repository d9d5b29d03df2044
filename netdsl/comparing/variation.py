"""The parameters that differ between runs of one source, and the way of a path in each run."""

import re
from collections.abc import Sequence

from netdsl.comparing.types import Varied
from netdsl.diagnostics.core import Diagnostics
from netdsl.measuring.subject import HIDDEN
from netdsl.measuring.types import Path, Run
from netdsl.source import SourceFile
from netdsl.syntax import tree as syntax
from netdsl.syntax.parser import parse

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_HIDDEN = f'"{HIDDEN}"'


def is_same_source(first: Run, second: Run) -> bool:
    """Whether two runs have the same source files. A string that one of the two does not show may be any: which strings
    are secrets depends on the parameters."""
    one, other = first.subject.sources, second.subject.sources
    return bool(one) and len(one) == len(other) and all(map(_is_same_text, _texts(first), _texts(second)))


def _texts(run: Run) -> list[str]:
    return [source.text for source in run.subject.sources]


def _is_same_text(one: str, other: str) -> bool:
    if one == other:
        return True
    if _STRING.sub('""', one) != _STRING.sub('""', other):
        return False
    pairs = zip(_STRING.findall(one), _STRING.findall(other), strict=True)
    return all(first == second or _HIDDEN in (first, second) for first, second in pairs)


def varied(runs: Sequence[Run]) -> tuple[Varied, ...]:
    """The parameters that do not have one value in all runs, in alphabetic order."""
    names = sorted({one.name for run in runs for one in run.subject.parameters})
    if not names:
        return ()
    defaults = _defaults(runs[0])
    found = []
    for name in names:
        values = tuple(_value(run, name) or defaults.get(name, "default") for run in runs)
        if len(set(values)) > 1:
            found.append(Varied(name, values))
    return tuple(found)


def _value(run: Run, name: str) -> str:
    return next((one.value for one in run.subject.parameters if one.name == name), "")


def _defaults(run: Run) -> dict[str, str]:
    """The defaults of the parameters of the lab's own file, as they are written."""
    found = {}
    for source in run.subject.sources[:1]:
        for statement in parse(SourceFile(source.name, source.text), Diagnostics()).statements:
            if isinstance(statement, syntax.Param) and statement.default:
                text = source.text[statement.default[0].span.start : statement.default[-1].span.end]
                found[statement.name.span.text] = text.strip('"')
    return found


def label_of(differing: Sequence[Varied], run: int) -> str:
    """`vpn=ipsec`; empty where nothing differs."""
    return " ".join(f"{one.name}={one.by_run[run]}" for one in differing)


def path_titles(runs: Sequence[Run]) -> dict[str, str]:
    """What each path is called: `a to b through t`; `a to b through t or in clear` where it depends on the run."""
    found: dict[str, tuple[Path, dict[str, None]]] = {}
    for run in runs:
        for path in run.paths:
            found.setdefault(path.name, (path, {}))[1][_way(path)] = None
    return {name: f"{path.source} to {path.destination} {' or '.join(ways)}" for name, (path, ways) in found.items()}


def _way(path: Path) -> str:
    return f"through {', '.join(path.tunnels)}" if path.tunnels else "in clear"
