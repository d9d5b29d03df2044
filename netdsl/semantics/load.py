"""Loading: the lab file and all that it imports, read and parsed, each once."""

import errno
from collections.abc import Mapping
from dataclasses import field
from pathlib import PurePosixPath

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.disk.refused import PathEscape
from netdsl.semantics.files import LARGEST_FILE, LARGEST_SOURCE, Reader, joined
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax import tree as syntax
from netdsl.syntax.limits import MAX_DEPTH
from netdsl.syntax.parser import parse
from netdsl.syntax.secrets import source_of

STDIN = "<stdin>"
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Sources:
    """The parsed files, by their path below the root; `main` is the lab's own. `imports`: what file an import means, by
    (importing file, path as written); one that could not be read is missing. Without a `reader` (a lab from
    standard input) there is no folder to read from. `is_trusted`: a statement with a power may stand there."""

    main: str
    documents: Mapping[str, syntax.Document]
    imports: Mapping[tuple[str, str], str]
    reader: Reader | None = field(default=None, repr=False)
    is_trusted: bool = True

    def imported(self, statement: syntax.Import) -> syntax.Document | None:
        """The file that an import means, None if it could not be read."""
        if not isinstance(statement.path, syntax.Literal):
            return None
        name = self.imports.get((statement.span.source.name, statement.path.text))
        return None if name is None else self.documents[name]


def load(main: str, reader: Reader, diagnostics: Diagnostics, folder: str = "") -> Sources:
    """The lab `main` (a name below the reader's root) with its imports, after `parse` of each. `folder` is that root as
    messages show it.

    Raises OSError where the lab file itself cannot be read. Reports not-utf8, file-not-found, import-cycle, path-escape,
    and what `parse` finds.
    """
    loader = _Loader(reader, diagnostics, folder)
    data = reader.read(PurePosixPath(main), LARGEST_SOURCE)
    loader.document(main, data, {main: None})
    return Sources(main, loader.documents, loader.imports, reader)


def load_text(data: bytes, diagnostics: Diagnostics) -> Sources:
    """A lab from standard input: it has no folder, and can import nothing."""
    loader = _Loader(None, diagnostics)
    loader.document(STDIN, data, {STDIN: None})
    return Sources(STDIN, loader.documents, loader.imports)


def read_file(sources: Sources, path: str, place: Place, diagnostics: Diagnostics) -> bytes | None:
    """The bytes that `file … from PATH` means, PATH relative to the file of `place`; None once reported:
    path-escape, file-not-found."""
    return _read(sources.reader, path, place, LARGEST_FILE, diagnostics)


@dataclass(slots=True)
class _Loader:
    reader: Reader | None
    diagnostics: Diagnostics
    folder: str = ""
    documents: dict[str, syntax.Document] = field(default_factory=dict)
    imports: dict[tuple[str, str], str] = field(default_factory=dict)

    def document(self, name: str, data: bytes, way: dict[str, Span | None]) -> None:
        """Parses a file and loads what it imports; `way`: the files that led here, each with the import line for it."""
        source = _decoded(name, data, self.folder, self.diagnostics)
        if source is None:
            self.documents[name] = syntax.Document(SourceFile(name, "", self.folder), ())
            return
        document = self.documents[name] = parse(source, self.diagnostics)
        for statement in document.statements:
            if isinstance(statement, syntax.Import):
                self.imported(statement, name, way)

    def imported(self, statement: syntax.Import, importer: str, way: dict[str, Span | None]) -> None:
        path, place = statement.path, Place(statement.path.span)
        if not isinstance(path, syntax.Literal):
            message = "the path of an import is written out, without `$`"
            self.diagnostics.report(catalogue.WRONG_KIND, message, place)
            return
        name = self.name_of(path.text, place)
        if name is None:
            return
        if name in way:
            self.report_cycle(name, statement, way)
            return
        if name not in self.documents:
            if len(way) > MAX_DEPTH:
                message = f"more than {MAX_DEPTH} files import one another in a row"
                self.diagnostics.report(catalogue.NESTING_TOO_DEEP, message, place)
                return
            data = _read(self.reader, path.text, place, LARGEST_SOURCE, self.diagnostics)
            if data is None:
                return
            self.document(name, data, {**way, name: statement.span})
        self.imports[importer, path.text] = name

    def name_of(self, text: str, place: Place) -> str | None:
        """The one name of the file that an import means."""
        if self.reader is None:
            _report_unreadable("a lab from standard input has no folder to import from", place, self.diagnostics)
            return None
        try:
            path = joined(_folder_of(place), text)
            return str(self.reader.canonical(path))
        except (OSError, PathEscape):
            _read(self.reader, text, place, LARGEST_SOURCE, self.diagnostics)  # says what is wrong
            return None

    def report_cycle(self, name: str, statement: syntax.Import, way: dict[str, Span | None]) -> None:
        files = [*way]
        circle = [*files[files.index(name) :], name]
        related = tuple(Label(Place(span), "imported here") for file in circle[1:-1] if (span := way[file]) is not None)
        self.diagnostics.report(
            catalogue.IMPORT_CYCLE,
            "files import each other in a circle: " + " → ".join(f"`{file}`" for file in circle),
            Place(statement.span),
            related=related,
        )


def _decoded(name: str, data: bytes, folder: str, diagnostics: Diagnostics) -> SourceFile | None:
    """The text of a file, without a byte order mark; None once not-utf8 is reported."""
    try:
        return source_of(name, data.decode().removeprefix(_BOM), folder)
    except UnicodeDecodeError as error:
        readable = data[: error.start].decode()
        source = source_of(name, data.decode(errors="replace"), folder)
        place = Place(Span(source, len(readable), len(readable) + 1))
        line, _ = source.position(len(readable))
        message = f"byte {error.start + 1} of `{source.path}`, in line {line}, is no UTF-8: 0x{data[error.start]:02x}"
        diagnostics.report(catalogue.NOT_UTF8, message, place, help="save the file as UTF-8")
        return None


def _folder_of(place: Place) -> PurePosixPath:
    return PurePosixPath(place.span.source.name).parent


def _read(reader: Reader | None, text: str, place: Place, limit: int, diagnostics: Diagnostics) -> bytes | None:
    """The bytes of a file that a source names, relative to itself; None once reported."""
    shown = text.replace("\0", "\\0")
    if reader is None:
        _report_unreadable("a lab from standard input has no folder to read from", place, diagnostics)
        return None
    try:
        path = joined(_folder_of(place), text)
        return reader.read(path, limit)
    except (PathEscape, ValueError):
        message = f"`{shown}` leaves the folder of the lab"
        advice = "files are read only from the lab's own folder and below, by a relative path"
        diagnostics.report(catalogue.PATH_ESCAPE, message, place, help=advice)
    except FileNotFoundError:
        near = did_you_mean(path.name, reader.names(path.parent))
        _report_unreadable(f"there is no file `{shown}`", place, diagnostics, near)
    except PermissionError:
        _report_unreadable(f"`{shown}` may not be read", place, diagnostics)
    except OSError as error:
        reason = "its links go round in a circle" if error.errno == errno.ELOOP else error.strerror or str(error)
        _report_unreadable(f"`{shown}` cannot be read: {reason[:1].lower()}{reason[1:]}", place, diagnostics)
    return None


def _report_unreadable(message: str, place: Place, diagnostics: Diagnostics, advice: str | None = None) -> None:
    diagnostics.report(catalogue.FILE_NOT_FOUND, message, place, help=advice)
