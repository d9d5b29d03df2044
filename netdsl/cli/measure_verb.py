"""`netdsl measure`."""

import click

from netdsl.cli.compilation import Request
from netdsl.cli.console import columns, note, write
from netdsl.cli.measure_table import run_table
from netdsl.cli.measuring import job_of, measure_jobs
from netdsl.cli.measuring_options import MEASUREMENT
from netdsl.cli.options import CREDENTIALS, DEFINE, LAB, PROJECT, TARGET, UNTRUSTED
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
    is_trusted: bool,
    folder: str | None,
    credential_folder: str | None,
    options: Options,
) -> None:
    """Measure LAB where it runs: boots, memory, processor, disk, latency, throughput, expectations.

    It is compiled, started and taken down again in each round. Every round is kept at once: Ctrl-C loses none.
    """
    request = Request(lab, target, parameters, options, folder, credential_folder, is_trusted=is_trusted)
    with job_of(request, wanted, file) as job:
        (run,) = measure_jobs([job], wanted)
        write(run_table(run, columns()))
        note(f"kept in {job.file}; beside others: netdsl compare {job.file} OTHER.json")
        if not is_good(run):
            raise click.exceptions.Exit(1)
