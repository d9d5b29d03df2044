"""`netdsl measure`."""

from contextlib import ExitStack

import click

from netdsl.cli.compilation import Request
from netdsl.cli.console import columns, note, write
from netdsl.cli.each import given_values
from netdsl.cli.measure_table import run_table
from netdsl.cli.measuring import checked_of, job_of, measure_jobs, same_paths
from netdsl.cli.measuring_options import MEASUREMENT
from netdsl.cli.options import CREDENTIALS, DEFINE, EACH, LAB, PROJECT, TARGET, UNTRUSTED
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.codegen.contract import Options
from netdsl.measuring.measurement import Measurement
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
@MEASUREMENT
@DEFINE
@EACH
@UNTRUSTED
@PROJECT
@click.option("--folder", type=click.Path(file_okay=False), metavar="DIR", help="Compile into DIR [build/LAB/TARGET].")
@CREDENTIALS
@TARGET_OPTIONS
def command(
    lab: str,
    target: str,
    file: str | None,
    wanted: Measurement,
    parameters: dict[str, str],
    each: str | None,
    is_trusted: bool,
    folder: str | None,
    credential_folder: str | None,
    options: Options,
) -> None:
    """Measure LAB where it runs: boots, memory, processor, disk, latency, throughput, expectations.

    It is compiled, started and taken down again in each round. Every round is kept at once: Ctrl-C loses none.
    """
    if each is not None and (file is not None or folder is not None):
        raise click.UsageError("-o and --folder are for one value of a parameter, and --each is for all")
    requests = [
        Request(
            lab, target, one.parameters, options, folder, credential_folder,
            variant=one.said, value=one.value, is_trusted=is_trusted,
        )
        for one in given_values(lab, each, parameters)
    ]  # fmt: skip
    labs = [checked_of(request) for request in requests]  # all of them, before anything is written
    with ExitStack() as stack:
        jobs = [
            stack.enter_context(job_of(request, checked, own, file))
            for request, checked, own in zip(requests, labs, same_paths(labs, options, wanted), strict=True)
        ]
        runs = measure_jobs(jobs, wanted)
        for run in runs:
            write(run_table(run, columns()))
        files = " ".join(str(job.file) for job in jobs)
        beside, more = ("one another", "") if each else ("others", " OTHER.json")
        note(f"kept in {files}; beside {beside}: netdsl compare {files}{more}")
        if not all(map(is_good, runs)):
            raise click.exceptions.Exit(1)
