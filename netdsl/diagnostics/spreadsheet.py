"""Tables as CSV, which a spreadsheet opens: no text of a source, a node or a file is computed there."""

import csv
import io
from collections.abc import Iterable, Sequence

from netdsl.diagnostics.visible import visible

_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell of a spreadsheet begins with that is computed, the wide forms of East Asia with them
(https://owasp.org/www-community/attacks/CSV_Injection)."""


def inert(text: str) -> str:
    """A cell that spreadsheets do not evaluate: text that begins as a formula is prefixed with an apostrophe. Tabs,
    carriage returns and line ends are visible signs."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULAS) else shown


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """RFC 4180 with line feeds. Numbers are themselves, all other cells `inert`."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else inert(str(value))
