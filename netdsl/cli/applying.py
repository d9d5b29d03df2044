"""A saved lab, applied to what runs of it: `netdsl watch --up`."""

import click

from netdsl.cli.compilation import Request, compile_checked_lab, options_for, places_for
from netdsl.cli.console import note, say
from netdsl.cli.failure import report_failure
from netdsl.cli.options import target_words
from netdsl.codegen.contract import BadOption
from netdsl.codegen.manifest import ManifestUnreadable
from netdsl.codegen.registry import driver_of
from netdsl.credentials.store import StoreUnreadable
from netdsl.disk.lock import FolderBusy
from netdsl.ir.sizes import TooLarge
from netdsl.pipeline.analysis import Checked
from netdsl.runtime.driver import Deployment, DriverError

_FAILURES = (DriverError, OSError, FolderBusy, ManifestUnreadable, StoreUnreadable, BadOption, TooLarge)


def apply_save(request: Request, checked: Checked) -> None:
    """Compile, and change the lab where it runs, as `up` does. What fails is said; the next save is another try.

    A lab with an error, an expectation that does not hold among them, is not applied.
    """
    lab = checked.lab
    if lab is None or checked.diagnostics.has_errors:
        note("not applied: it has an error")
        return
    try:
        driver = driver_of(request.target)
        places = places_for(request, lab.name)
        project = options_for(request, lab.name, places).project or lab.name
        if not places.output.is_dir() or not driver.present(Deployment(places.output, project)):
            note(
                f"not applied: the lab does not run; `netdsl up {request.lab}{target_words(request.target)}` starts it"
            )
            return
        written = compile_checked_lab(request, checked, is_told=False)
        driver.up(Deployment(written.folder, written.project), note, timeout=None)
        say("applied to the lab that runs")
    except _FAILURES as error:
        report_failure(error)
    except click.exceptions.Exit:
        note("not applied")
