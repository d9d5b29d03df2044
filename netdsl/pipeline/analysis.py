"""From a source to a proven lab."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.ir.sizes import TooLarge
from netdsl.lower.lower import lower
from netdsl.semantics.bindings import Bindings
from netdsl.semantics.expand import expand
from netdsl.semantics.files import FolderReader
from netdsl.semantics.items import Expanded
from netdsl.semantics.load import Sources, load, load_text
from netdsl.semantics.resolve import resolve
from netdsl.semantics.rules import check_rules
from netdsl.semantics.trust import refuse_powers
from netdsl.verify import Esp, Summary, verify

_ABOUT_FILES = (catalogue.FILE_NOT_FOUND, catalogue.PATH_ESCAPE, catalogue.IMPORT_CYCLE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A lab after analysis: all findings, what was read, and the bindings unless there is an error before the proof.

    `lab` is there where the bindings are: a lab that does not do what is expected of it is a whole one. `summary` is, where
    no error was found before the proof.
    """

    diagnostics: Diagnostics
    sources: Sources
    bindings: Bindings | None
    lab: Lab | None = None
    summary: Summary | None = None


def check(
    path: Path, parameters: Mapping[str, str] | None = None, *, esp: Esp = Esp.KERNEL, is_trusted: bool = True
) -> Checked:
    """The lab in a file, with what it imports from its own folder and below, fully analysed.

    `parameters` are texts as of `-D`; `esp` is whose ESP the proof is for. In a source that is not trusted what runs or
    reaches more than the lab is an error. OSError where the file itself cannot be read.
    """
    diagnostics = Diagnostics()
    return analyze(loaded(path, diagnostics, is_trusted=is_trusted), parameters or {}, diagnostics, esp=esp)


def loaded(path: Path, diagnostics: Diagnostics, *, is_trusted: bool = True) -> Sources:
    """The parsed files of the lab in a file. OSError as `check`."""
    sources = load(path.name, FolderReader(path.parent, path.name), diagnostics, shown_folder(path))
    return replace(sources, is_trusted=is_trusted)


def shown_folder(path: Path) -> str:
    """The folder of a lab's file as messages show it: as it was given, "" for the one where netdsl was started."""
    return "" if path.parent == Path() else str(path.parent)


def check_text(
    data: bytes, parameters: Mapping[str, str] | None = None, *, esp: Esp = Esp.KERNEL, is_trusted: bool = True
) -> Checked:
    """The same for a lab from standard input, which can import and include nothing."""
    diagnostics = Diagnostics()
    sources = replace(load_text(data, diagnostics), is_trusted=is_trusted)
    return analyze(sources, parameters or {}, diagnostics, esp=esp)


def analyze(
    sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics, *, esp: Esp = Esp.KERNEL
) -> Checked:
    """From parsed files to the proof: expand, resolve, rules, lower, verify.

    After a syntax error none of them runs: what could not be read would be missing everywhere. A missing import is
    known to be missing, and silences only the names that it would have given.
    """
    bindings = bound(sources, parameters, diagnostics)
    if bindings is None:
        return Checked(diagnostics, sources, None)
    try:
        lab = lower(bindings)
        return Checked(diagnostics, sources, bindings, lab, verify(lab, diagnostics, esp=esp))
    except TooLarge as large:
        _report_large(large, bindings, diagnostics)
        return Checked(diagnostics, sources, None)


def lowered(
    path: Path, parameters: Mapping[str, str], diagnostics: Diagnostics, *, is_trusted: bool = True
) -> Lab | None:
    """The lab in a file, of which nothing is proven; None where it has an error. OSError as `check`."""
    bindings = bound(loaded(path, diagnostics, is_trusted=is_trusted), parameters, diagnostics)
    return None if bindings is None else lowered_of(bindings, diagnostics)


def lowered_of(bindings: Bindings, diagnostics: Diagnostics) -> Lab | None:
    """`lower`; None where the lab is too large, which is reported."""
    try:
        return lower(bindings)
    except TooLarge as large:
        _report_large(large, bindings, diagnostics)
        return None


def _report_large(large: TooLarge, bindings: Bindings, diagnostics: Diagnostics) -> None:
    place = large.place or bindings.place
    assert place is not None, "a lab with a node has a statement"
    diagnostics.report(catalogue.LOOP_LIMIT, large.message, place)


def bound(sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics) -> Bindings | None:
    """The stages before lowering; None where there is an error."""
    if any(found.is_error and found.rule not in _ABOUT_FILES for found in diagnostics):
        return None
    bindings = resolve(expanded(sources, parameters, diagnostics), diagnostics)
    if bindings is not None:
        check_rules(bindings, diagnostics)
    return None if diagnostics.has_errors else bindings


def expanded(sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics) -> Expanded:
    """The lab unrolled, with what is refused in sources that are not trusted."""
    found = expand(sources, parameters, diagnostics)
    if not sources.is_trusted:
        refuse_powers(found.items, diagnostics)
    return found
