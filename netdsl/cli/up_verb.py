"""`netdsl up`."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import quote

import click

from netdsl.cli.compilation import Request, Written, compile_request
from netdsl.cli.console import note, output_columns, say, write
from netdsl.cli.deployment import find_deployment, runtime_options
from netdsl.cli.interrupted import telling_what_is_left
from netdsl.cli.options import CREDENTIALS, DEFINE, target_words
from netdsl.cli.status_table import status_table
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import driver_of
from netdsl.runtime.driver import Deployment, Driver, DriverError
from netdsl.runtime.inside import READY

_MOST_NAMES = 5
_SOON = timedelta(days=30)


@click.command("up")
@click.argument("lab", required=False)
@runtime_options
@DEFINE
@CREDENTIALS
@TARGET_OPTIONS
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be taken away and changed; change nothing.")
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    help="Seconds to wait until every node is ready [300; in virtual machines 600, once they are up].",
)
def command(
    lab: str | None,
    target: str,
    output: str | None,
    parameters: dict[str, str],
    is_trusted: bool,
    credential_folder: str | None,
    options: Options,
    is_dry: bool,
    timeout: int | None,
) -> None:
    """Compile LAB, start its nodes, and wait until each is ready.

    What runs of the lab and is not in it any more (nodes, networks) is taken away first, which is said. Of nodes that run
    those that differ are changed: as they run where they can be, else made anew. The others are not touched.

    LAB is a source; or what is compiled already: an output folder or a lab's name [the only one in build/].
    """
    driver_of(target)  # a target without one is refused before anything is written
    if lab is not None and Path(lab).is_file():
        request = Request(
            lab, target, parameters, options, output, credential_folder, is_dry=is_dry, is_trusted=is_trusted
        )
        written = compile_request(request)
        if is_dry:
            _foretell(driver_of(target), Deployment(written.folder, written.project), _new_files(written))
            return
        lab, output = None, str(written.folder)
    elif not is_trusted:
        raise click.UsageError("--untrusted is for a source: of what is compiled already nothing is refused")
    runtime, deployment = find_deployment(lab, target, output, options.project, is_trusted=is_trusted)
    if is_dry:
        _foretell(runtime, deployment, {})
        return
    _warn_of_ends(deployment.folder)
    with telling_what_is_left(runtime, deployment):
        runtime.up(deployment, note, timeout=timeout)
    states = runtime.status(deployment)
    write("".join(f"{line}\n" for line in status_table(states, output_columns())))
    ill = [state.node for state in states if state.state != "absent" and state.health != READY]
    if ill:
        names = ", ".join(f"`{node}`" for node in ill[:_MOST_NAMES]) + (" …" if len(ill) > _MOST_NAMES else "")
        remedy = f"netdsl logs -o {quote(str(deployment.folder))} {ill[0]}{target_words(target)}"
        raise DriverError(f"the lab runs, but {names} {'is' if len(ill) == 1 else 'are'} not well", remedy=remedy)


def _new_files(written: Written) -> dict[str, bytes | None]:
    """What the folder would have, were the plan carried out."""
    planned = written.planned
    new = {artifact.path: artifact.content for artifact in (*planned.created, *planned.changed)}
    return {**new, **dict.fromkeys(planned.removed)}


def _foretell(runtime: Driver, deployment: Deployment, files: Mapping[str, bytes | None]) -> None:
    """What `up` would take away and change of the lab that runs."""
    gone, changes = runtime.surplus(deployment, files), runtime.changes(deployment, files)
    for text in gone:
        say(f"remove {text}")
    for change in changes:
        how = "change the node" if change.is_inside else "make anew the node"
        say(f"{how} {change.node}{', as it runs' if change.is_inside else ''}: {change.why}")
    if not gone:
        note("nothing that runs would be removed")
    if not changes:
        note("no node that runs and stays would be changed")


def _warn_of_ends(folder: Path) -> None:
    """Certificates and revocation lists that end soon, by the date in the manifest."""
    from netdsl.codegen.manifest import read_manifest

    manifest = read_manifest(folder)
    if manifest is None or manifest.expires is None:
        return
    left = manifest.expires - datetime.now(UTC)
    if left < _SOON:
        when = "have ended" if left < timedelta(0) else f"end in {left.days} days"
        note(
            f"warning: certificates or revocation lists of this lab {when} ({manifest.expires:%Y-%m-%d}); compile it again"
        )
