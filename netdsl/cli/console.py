"""The only place that prints. What sources, nodes and files say is in many texts, so no text leaves from here with a
control or invisible character in it: each is a visible sign."""

import atexit
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.visible import Elsewhere, Passing, Summary, visible, visible_lines, width_of
from netdsl.disk.named import write_whole
from netdsl.version import __version__

if TYPE_CHECKING:
    from rich.progress import Progress

_LINES = 24  # of a terminal that does not say how many
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


class _PassingLines:
    """The last lines of a terminal, on which steps pass by. Everything else that is printed takes their place. The cursor
    stays at their end, and is where a shell writes on if this process is killed."""

    def __init__(self) -> None:
        self._shown = 0

    def show(self, text: str) -> None:
        """As many lines as the terminal has room for, each cut to its width: of a longer one the terminal would make
        several, which `clear` could not count."""
        if not self._shown:
            atexit.register(self.clear)
        width, height = columns_of_errors() or 80, _lines_of_errors()
        lines = [_cut(_in_charset(visible(line)), width - 1) for line in text.split("\n")][: max(height - 1, 1)]
        click.echo(self._clearing() + "\n".join(lines), err=True, nl=False, color=True)
        self._shown = len(lines)

    def clear(self) -> None:
        if self._shown:
            click.echo(self._clearing(), err=True, nl=False, color=True)
            self._shown = 0
            atexit.unregister(self.clear)

    def _clearing(self) -> str:
        up = f"\x1b[{self._shown - 1}A" if self._shown > 1 else ""
        return f"\r{up}\x1b[J" if self._shown else ""


_PASSING = _PassingLines()


def _echo(text: str, *, err: bool = False, nl: bool = True, color: bool | None = None) -> None:
    _PASSING.clear()
    click.echo(text, err=err, nl=nl, color=color)


def _cut(text: str, width: int) -> str:
    """At most `width` columns of a text, from its beginning."""
    while width_of(text) > width:
        text = text[:-1]
    return text


def _in_charset(text: str) -> str:
    """As a stream of errors writes what its character set has not: its width counts."""
    charset = sys.stderr.encoding or "ascii"
    return text.encode(charset, "backslashreplace").decode(charset)


def say(text: str = "") -> None:
    """One line of a verb's result, on standard output. A line end in it is a sign, as it would forge another line."""
    _echo(visible(text))


def write(text: str) -> None:
    """A result that brings its own line ends."""
    _echo(visible_lines(text), nl=False)


def write_source(text: str) -> None:
    """A formatted source, as it is where another program reads it; the author's characters are the author's."""
    _echo(visible_lines(text) if sys.stdout.isatty() else text, nl=False)


def deliver(text: str, file: str | None) -> None:
    """A result that brings its own line ends, into a file or on standard output. Raises OSError."""
    if file is None:
        write(text)
    else:
        write_whole(Path(file), visible_lines(text))


def note(text: str) -> None:
    """Progress and remarks, each one line, on standard error: results can be piped. On a terminal a step takes the place
    of the one before, and is shown with what is done by now; elsewhere each step is a line."""
    if isinstance(text, Passing) and is_live():
        _PASSING.show(text)
    elif not (isinstance(text, Elsewhere) if is_live() else isinstance(text, Summary)):
        _echo(visible(text), err=True)


def complain(text: str, *, prefix: bool = True) -> None:
    """One line of an error."""
    label = click.style("error", fg="red", bold=True) if _is_coloured(sys.stderr.isatty()) else "error"
    _echo(f"{label}: {visible(text)}" if prefix else visible(text), err=True)


def show_usage(error: click.ClickException) -> None:
    """Wrong usage, as click would show it. Names of files are in messages, each of which is one line but click's own."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    usage = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        help_option = error.ctx.help_option_names[0]
        usage = f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} {help_option}' for help.\n\n"
    message = error.format_message()
    is_clicks = isinstance(error, click.MissingParameter)
    _echo(visible_lines(f"{usage}Error: {message if is_clicks else visible(message)}"), err=True)


def relay(line: str, *, is_remark: bool = False) -> None:
    """A line that a node or its tool said. Tabs stay, as tables are made of them."""
    _echo(visible_lines(line), err=is_remark)


def close() -> None:
    """Nothing reads the output any more."""
    sys.stderr.close()


def is_live() -> bool:
    """Whether standard error is a terminal on which a line can be written again and again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def live_line() -> "Progress":
    """One line on standard error, as a context: what is done (a task's description), how long for, what is `left`. It goes
    away at the end."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.table import Column
    from rich.text import Text

    class Shown(TextColumn):
        def render(self, task: Task) -> Text:
            return Text(visible(self.text_format.format(task=task)))

    return Progress(
        SpinnerColumn(),
        Shown("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
        TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
        Shown("{task.fields[left]}", table_column=Column(no_wrap=True)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
        refresh_per_second=4,
    )


@contextmanager
def live_page() -> Iterator[Callable[[Sequence[str]], None]]:
    """What draws a page, lines, on standard output. A terminal shows the last one alone; a pipe gets each."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda lines: write("".join(f"{line}\n" for line in lines))
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(), auto_refresh=False, vertical_overflow="ellipsis") as live:
        yield lambda lines: live.update(Text(visible_lines("\n".join(lines))), refresh=True)


def output_columns() -> int | None:
    """The width of the terminal that standard output is; None where it is none."""
    return columns() if sys.stdout.isatty() else None


def columns() -> int:
    """The width of the terminal; 80 where the output is none."""
    return shutil.get_terminal_size().columns


def columns_of_errors() -> int | None:
    """The width of the terminal that standard error is; COLUMNS goes before it. None where it is none."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    with suppress(OSError, ValueError):  # a stream without a file, or a file that is no terminal
        return os.get_terminal_size(sys.stderr.fileno()).columns
    return None


def _lines_of_errors() -> int:
    """The height of the terminal that standard error is; LINES goes before it."""
    given = os.environ.get("LINES", "")
    if given.isdecimal() and int(given):
        return int(given)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).lines or _LINES
    return _LINES


def show_findings(diagnostics: Diagnostics, form: str, variant: str = "") -> None:
    """All findings: text on standard error, JSON and SARIF on standard output (they are the result). `variant`: the
    parameter with its value, where a lab is compiled for several."""
    match form:
        case "json":
            from netdsl.diagnostics.render_json import render_json

            write(render_json(diagnostics, variant=variant))
        case "sarif":
            from netdsl.diagnostics.render_sarif import render_sarif

            write(render_sarif(diagnostics, version=__version__, variant=variant))
        case _:
            if len(diagnostics):
                from netdsl.diagnostics.render_text import render_text

                if variant:
                    note(f"{variant}:")
                text = render_text(
                    diagnostics, colour=_is_coloured(sys.stderr.isatty()), width=columns_of_errors() or 120
                )
                _echo(_with_colours(text), err=True, nl=False, color=True)


def _with_colours(text: str) -> str:
    """As `visible_lines`, but for the changes of colour."""
    pieces = _COLOUR.split(text)
    return "".join(piece if number % 2 else visible_lines(piece) for number, piece in enumerate(pieces))


def _is_coloured(is_terminal: bool) -> bool:
    """Colour on a terminal, none in a pipe; NO_COLOR (no-color.org) turns it off."""
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
