"""`netdsl measure`."""

import click

from netdsl.cli.compilation import Request
from netdsl.cli.console import columns, note, write
from netdsl.cli.measure_table import run_table
from netdsl.cli.measuring import Wish, job_of, plan_of, say_what_is_kept
from netdsl.cli.measuring_progress import watching
from netdsl.cli.options import (
    CLOSED,
    CREDENTIALS,
    DEFINE,
    DRIVER,
    LAB,
    PROJECT,
    PROVIDER,
    SETTING,
    TARGET,
    WHAT_IS_MEASURED,
)
from netdsl.codegen.contract import Options
from netdsl.measuring.job import Job
from netdsl.measuring.rounds import Existing, measure_all
from netdsl.measuring.types import Run
from netdsl.measuring.verdicts import is_good


@click.command("measure")
@LAB
@TARGET
@click.option(
    "-o", "--output", "file", type=click.Path(dir_okay=False), metavar="FILE",
    help="Keep the run in FILE [build/LAB/measured/TARGET.json].",
)  # fmt: skip
@click.option(
    "--runs", type=click.IntRange(1, 1000), metavar="N", help="Rounds [1; with --resume what the file wants]."
)
@WHAT_IS_MEASURED
@click.option("--resume", is_flag=True, help="Go on with the rounds that FILE does not have yet.")
@click.option("--anew", is_flag=True, help="Replace FILE.")
@click.option(
    "--timeout", type=click.IntRange(min=1), metavar="S", help="Seconds until every node is ready, as in `up`."
)
@DEFINE
@PROJECT
@click.option("--folder", type=click.Path(file_okay=False), metavar="DIR", help="Compile into DIR [build/LAB/TARGET].")
@CREDENTIALS
@DRIVER
@PROVIDER
@SETTING
@CLOSED
def command(
    lab: str,
    target: str,
    file: str | None,
    runs: int | None,
    boot: str,
    pairs: tuple[tuple[str, str], ...],
    no_paths: bool,
    pings: int | None,
    seconds: float | None,
    rest: float | None,
    resume: bool,
    anew: bool,
    timeout: int | None,
    parameters: dict[str, str],
    project: str | None,
    folder: str | None,
    credential_folder: str | None,
    driver: str | None,
    provider: str | None,
    settings: dict[str, str],
    closed: bool,
) -> None:
    """Measure LAB where it runs: boots, memory, processor, disk, latency, throughput, expectations.

    It is compiled, started and taken down again in each round. Every round is kept at once: Ctrl-C loses none.
    """
    if resume and anew:
        raise click.UsageError("--resume goes on with a file, --anew replaces it")
    if no_paths and pairs:
        raise click.UsageError("--no-paths measures none, --path names one")
    options = Options(project=project, driver=driver, provider=provider, is_closed=closed, settings=settings)
    request = Request(lab, target, parameters, options, folder, credential_folder)
    wish = Wish(request, plan_of(boot, pings, seconds, rest), pairs, file, timeout, has_paths=not no_paths)
    with job_of(wish) as job:
        existing = Existing.RESUME if resume else Existing.ANEW if anew else Existing.REFUSE
        run = _measured(job, runs, existing)
        write(run_table(run, columns()))
        assert job.file is not None, "the verb names one"
        note(f"kept in {job.file}; beside others: netdsl compare {job.file} OTHER.json")
        if not is_good(run):
            raise click.exceptions.Exit(1)


def _measured(job: Job, runs: int | None, existing: Existing) -> Run:
    try:
        with watching() as watch:
            (run,) = measure_all([job], runs, existing=existing, watch=watch)
    except KeyboardInterrupt:
        say_what_is_kept(job)
        raise
    return run
