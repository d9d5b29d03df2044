"""netdsl as a library: what `import netdsl` gives. Nothing here prints, exits or reads a clock but the machine's."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from netdsl.codegen.contract import Layout, Options
from netdsl.diagnostics.core import Diagnostics
from netdsl.pipeline import Checked, Compiled, check, compile_bindings


@dataclass(frozen=True, slots=True)
class Result:
    """A compilation: `compiled` is None where `diagnostics` hold an error."""

    diagnostics: Diagnostics
    compiled: Compiled | None


def check_file(path: str | Path, parameters: Mapping[str, str] | None = None) -> Checked:
    """Analyse a lab. `parameters` are texts as of `-D`. Raises OSError where the file cannot be read."""
    return check(Path(path), parameters)


def compile_file(
    path: str | Path,
    *,
    credentials: str | Path,
    target: str = "compose",
    parameters: Mapping[str, str] | None = None,
    options: Options | None = None,
    layout: Layout | None = None,
) -> Result:
    """All files of a target, in memory; the credentials are made and kept in the folder `credentials`.

    `layout.credentials` is how the files name that folder, from the one they will be written to (`netdsl.codegen.write`).
    Raises OSError, StoreUnreadable, UnknownTarget, BadOption.
    """
    checked = check(Path(path), parameters)
    if checked.bindings is None:
        return Result(checked.diagnostics, None)
    compiled = compile_bindings(
        checked.bindings,
        target,
        options or Options(),
        layout or Layout(),
        Path(credentials),
        checked.diagnostics,
        clock=lambda: datetime.now(UTC),
        entropy=secrets.token_bytes,
        lab=checked.lab,
    )
    return Result(checked.diagnostics, compiled)
