"""What a source says of itself without being analysed: its file, its name, and the values that a parameter may have."""

from pathlib import Path

import click

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.diagnostics.visible import visible
from netdsl.disk.named import read_named
from netdsl.semantics.declaration import VALID, valid_name
from netdsl.semantics.files import LARGEST_SOURCE
from netdsl.source import SourceFile
from netdsl.syntax import tree as syntax
from netdsl.syntax.parser import parse

_MOST = 1000
_LONGEST = 200  # bytes of a folder's name, with what a lock puts before it
_SHOWN = 60


def file_of(lab: str) -> Path:
    """A lab's own file. Raises UsageError where it is not there or no file."""
    path = Path(lab)
    if path.is_dir():
        inside = path / "lab.net"
        hint = f": {inside}" if inside.is_file() else ""
        raise click.UsageError(f"{lab} is a folder; name the lab's file{hint}")
    if not path.exists():
        raise click.UsageError(f"there is no file {lab}")
    return path


def lab_name(lab: str) -> str:
    """The name in the source's `lab` line; the file's own where there is none, or where the source is broken: that must
    not keep anybody from stopping a lab."""
    for statement in _statements(lab):
        if isinstance(statement, syntax.Lab) and isinstance(statement.name, syntax.Literal):
            name = statement.name.text
            return name if VALID.fullmatch(name) else valid_name(name) or "lab"
    return Path(lab).stem


def parameter_names(lab: str) -> tuple[str, ...]:
    """What `-D` may give; nothing for a broken source."""
    return tuple(_text(statement.name) for statement in _statements(lab) if isinstance(statement, syntax.Param))


def parameter_values(lab: str, name: str) -> tuple[str, ...]:
    """The domain of a parameter, as texts for `-D`. Raises UsageError, PathRefused, OSError."""
    for statement in _read(file_of(lab)):
        if isinstance(statement, syntax.Param) and _text(statement.name) == name:
            if statement.domain is None:
                raise click.UsageError(f"the parameter `{name}` has no domain (`param {name} … in LIST|RANGE`)")
            values = tuple(text for value in statement.domain for text in _members(value))
            if len(values) > _MOST:
                raise click.UsageError(f"the parameter `{name}` may have {len(values)} values; the limit is {_MOST}")
            return values
    hint = did_you_mean(name, parameter_names(lab))
    raise click.UsageError(f"{lab} has no parameter `{name}`" + (f": {hint}" if hint else ""))


@dataclass(frozen=True, slots=True)
class Given:
    """A value of the parameter of `--each`, with the parameters of the command line. `value` None: there is no `--each`;
    `said`: `PARAM=VALUE`, empty without one."""

    value: str | None
    parameters: dict[str, str]
    said: str = ""


def given_values(lab: str, each: str | None, parameters: dict[str, str]) -> tuple[Given, ...]:
    """The parameters of each variant; without `each` those of the lab alone. Raises UsageError, PathRefused, OSError."""
    if each is None:
        return (Given(None, parameters),)
    if each in parameters:
        raise click.UsageError(f"--each {each} takes every value, and -D {each}=… gives one")
    return tuple(Given(value, parameters | {each: value}, f"{each}={value}") for value in parameter_values(lab, each))


def variant(lab: str, value: str) -> str:
    """What the lab is called for a value of its parameter, as a folder and as a deployment. Raises UsageError for a value
    that no folder can be called by."""
    name = f"{lab}-{value}"
    if "/" in name or not name.isprintable() or len(name.encode()) > _LONGEST:
        shown = visible(value[:_SHOWN])
        raise click.UsageError(f"--each makes a folder for each value, and none can be called by `{shown}`")
    return name


def _statements(lab: str) -> tuple[syntax.Statement, ...]:
    """What can be read of a lab's own file; nothing of one that cannot be, or is no plain file of a bounded size."""
    try:
        return _read(Path(lab))
    except OSError:
        return ()


def _read(path: Path) -> tuple[syntax.Statement, ...]:
    """Raises PathRefused, OSError."""
    text = read_named(path, LARGEST_SOURCE).decode(errors="replace")
    return parse(SourceFile(path.name, text), Diagnostics()).statements


def _text(value: syntax.Value) -> str:
    return value.text if isinstance(value, syntax.Literal) else ""


def _members(value: syntax.Value) -> tuple[str, ...]:
    if not isinstance(value, syntax.Literal):
        raise click.UsageError("--each needs a domain of literals")
    if value.kind is syntax.Kind.RANGE:
        first, last = (int(part) for part in value.text.split(".."))
        return tuple(str(number) for number in range(first, min(last, first + _MOST) + 1))
    return (value.text,)
