"""From a checked lab to its output folder, as the command line and the library do it."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from netdsl.codegen.contract import Layout, Options
from netdsl.codegen.write import Plan, commit, plan, recover
from netdsl.disk.lock import PATIENCE, locked
from netdsl.pipeline.analysis import Checked
from netdsl.pipeline.compilation import Begin, Compiled, compile_bindings, output_files


def compile_checked(
    checked: Checked, target: str, options: Options, layout: Layout, store: Path, *, begin: Begin | None
) -> Compiled | None:
    """`compile_bindings` by this machine's clock and randomness; None where the lab has an error. Without `begin` nothing
    is written."""
    if checked.bindings is None:
        return None
    return compile_bindings(
        checked.bindings,
        target,
        options,
        layout,
        store,
        checked.diagnostics,
        clock=lambda: datetime.now(UTC),
        entropy=secrets.token_bytes,
        lab=checked.lab,
        begin=begin,
    )


def write_output(compiled: Compiled, folder: Path, project: str | None, settle: Callable[[Plan], None]) -> Plan:
    """Write all files of a compilation; what was done.

    `settle` is called where files in the folder were changed by hand or are not netdsl's: it moves the changes elsewhere or
    raises; if it does neither, the files are replaced. Raises FolderBusy, PathRefused, ManifestUnreadable, OSError.
    """
    artifacts = output_files(compiled, project)
    with locked(folder, patience=PATIENCE):
        recover(folder)
        planned = plan(artifacts, folder)
        if not planned.is_safe:
            settle(planned)
            planned = plan(artifacts, folder)
        commit(planned)
    return planned
