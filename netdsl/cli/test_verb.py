"""`netdsl test`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from netdsl.cli.analysis import analysed_lab
from netdsl.cli.compilation import Request, compile_request
from netdsl.cli.console import note, write
from netdsl.cli.deployment import find_deployment, runtime_options
from netdsl.cli.options import CREDENTIALS, DEFINE, LAB
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import driver_of
from netdsl.disk.named import write_whole
from netdsl.pipeline.compilation import closed
from netdsl.runtime.driver import Deployment, Driver
from netdsl.testing.machine import as_json, as_junit
from netdsl.testing.report import table
from netdsl.testing.run import run


@click.command("test")
@LAB
@runtime_options
@DEFINE
@click.option("--up", "is_up", is_flag=True, help="Compile the lab and start it before, take it down afterwards.")
@click.option("--keep", is_flag=True, help="With --up: leave the lab running.")
@click.option("--timeout", type=click.IntRange(min=1), help="With --up: seconds until every node is ready, as in `up`.")
@CREDENTIALS
@TARGET_OPTIONS
@click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Write JUnit XML as well.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    lab: str,
    target: str,
    output: str | None,
    parameters: dict[str, str],
    is_trusted: bool,
    is_up: bool,
    keep: bool,
    timeout: int | None,
    credential_folder: str | None,
    options: Options,
    junit: str | None,
    form: str,
) -> None:
    """Test the expectations of LAB, a source, where it runs; exit 1 where one fails or is not as predicted."""
    if lab == "-":
        raise click.UsageError("LAB names a file: where it runs is found by it")
    if keep and not is_up:
        raise click.UsageError("--keep goes with --up")
    driver_of(target)  # a target without one is refused before anything is written
    ready = analysed_lab(lab, parameters, is_trusted=is_trusted)
    if options.is_closed:
        ready = closed(ready)
    if is_up:
        request = Request(lab, target, parameters, options, output, credential_folder, is_trusted=is_trusted)
        output = str(compile_request(request).folder)
    runtime, deployment = find_deployment(lab, target, output, options.project, is_trusted=is_trusted)
    with _started(runtime, deployment, timeout, is_up=is_up, keep=keep):
        results = run(ready, runtime, deployment, target, note)
    write(as_json(results) if form == "json" else table(results))
    if junit is not None:
        write_whole(Path(junit), as_junit(results))
    if results.differences and not is_up and _is_newer(Path(lab), deployment.folder):
        note(f"note: {lab} was changed after what runs was compiled: it may be another lab")
    if not results.is_good:
        raise click.exceptions.Exit(1)


@contextmanager
def _started(
    runtime: Driver, deployment: Deployment, timeout: int | None, *, is_up: bool, keep: bool
) -> Iterator[None]:
    """The lab runs; what was started here is taken down again, also after a failure and after Ctrl-C."""
    if not is_up:
        yield
        return
    try:
        runtime.up(deployment, note, timeout=timeout)
        yield
    finally:
        if not keep:
            runtime.down(deployment, note)


def _is_newer(source: Path, folder: Path) -> bool:
    from netdsl.codegen.manifest import MANIFEST

    return source.stat().st_mtime > (folder / MANIFEST).stat().st_mtime
