"""`check --fix`: remedies that are certain, written into the sources."""

from pathlib import Path

import click

from netdsl.cli.console import note, write
from netdsl.cli.difference import difference
from netdsl.cli.each import file_of
from netdsl.diagnostics.core import Diagnostic
from netdsl.disk.named import read_named, rewrite
from netdsl.pipeline.analysis import Checked
from netdsl.pipeline.fixing import Fixed, fixed

_BOM = b"\xef\xbb\xbf"


def fix(lab: str, parameters: dict[str, str], *, is_trusted: bool, is_diff: bool) -> Checked:
    """The lab after its remedies, which are written and told; with `is_diff` shown, and nothing is written.

    Raises UsageError where the lab is no file, OSError where one cannot be read or written.
    """
    if lab == "-":
        raise click.UsageError("--fix changes files; what comes from standard input is none")
    path = file_of(lab)
    done = fixed(path, parameters, is_trusted=is_trusted)
    if is_diff:
        _show(done, path.parent)
    elif done.texts:
        rewrite({path.parent / name: _bytes(path.parent / name, text) for name, text in done.texts.items()})
        for one in done.applied:
            note(_told(one, path.name))
    return done.checked


def _told(found: Diagnostic, main: str) -> str:
    """Which remedy was written where. That a file is another than the lab's own is said."""
    assert found.fix is not None, "applied"
    others = [source.path for source in found.fix.files if source.name != main]
    where = f", in {', '.join(others)}, which the lab imports" if others else ""
    return f"{found.primary.place.span.shown}: fixed {found.rule.code}{where}: {found.fix.title}"


def _show(done: Fixed, folder: Path) -> None:
    for name, text in sorted(done.texts.items()):
        path = folder / name
        old = read_named(path).removeprefix(_BOM).decode()
        write("".join(difference(old, text, str(path), f"{path} (fixed)")))


def _bytes(path: Path, text: str) -> bytes:
    """What a file has then, with its byte order mark."""
    mark = _BOM if read_named(path).startswith(_BOM) else b""
    return mark + text.encode()
