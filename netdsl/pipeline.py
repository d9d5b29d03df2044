"""The stages of the compiler in their order; nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import Bindings
from netdsl.semantics.expand import expand
from netdsl.semantics.files import FolderReader
from netdsl.semantics.load import Sources, load, load_text
from netdsl.semantics.resolve import resolve
from netdsl.semantics.rules import check_rules

_ABOUT_FILES = (catalogue.FILE_NOT_FOUND, catalogue.PATH_ESCAPE, catalogue.IMPORT_CYCLE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A lab after analysis: all findings, what was read, and the bindings unless there is an error."""

    diagnostics: Diagnostics
    sources: Sources
    bindings: Bindings | None


def check(path: Path, parameters: Mapping[str, str] | None = None) -> Checked:
    """The lab in a file, with what it imports from its own folder and below, fully analysed.

    `parameters` are texts as of `-D`. OSError where the file itself cannot be read.
    """
    diagnostics = Diagnostics()
    sources = load(path.name, FolderReader(path.parent, path.name), diagnostics)
    return analyze(sources, parameters or {}, diagnostics)


def check_text(data: bytes, parameters: Mapping[str, str] | None = None) -> Checked:
    """The same for a lab from standard input, which can import and include nothing."""
    diagnostics = Diagnostics()
    return analyze(load_text(data, diagnostics), parameters or {}, diagnostics)


def analyze(sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics) -> Checked:
    """From parsed files to bindings: expand, resolve, rules.

    After a syntax error none of them runs: what could not be read would be missing everywhere. A missing import is
    known to be missing, and silences only the names that it would have given.
    """
    if any(found.is_error and found.rule not in _ABOUT_FILES for found in diagnostics):
        return Checked(diagnostics, sources, None)
    bindings = resolve(expand(sources, parameters, diagnostics), diagnostics)
    if bindings is not None:
        check_rules(bindings, diagnostics)
    return Checked(diagnostics, sources, None if diagnostics.has_errors else bindings)
