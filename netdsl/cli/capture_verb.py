"""`netdsl capture`."""

from pathlib import Path

import click

from netdsl.cli.deployment import LAB_OPTION, OUT, find_deployment, runtime_options
from netdsl.ir.ids import host_name


@click.command("capture")
@LAB_OPTION
@runtime_options
@click.option(
    "-w", "--write", "file", type=click.Path(dir_okay=False, allow_dash=True), help="Write pcap to a file, or `-`."
)
@click.option("-c", "--count", type=click.IntRange(min=1), help="Stop after so many packets.")
@click.argument("where", metavar="NODE.IF")
def command(
    where: str,
    file: str | None,
    count: int | None,
    lab: str | None,
    target: str,
    output: str | None,
    project: str | None,
    *,
    is_trusted: bool,
) -> None:
    """Capture packets on the interface IF of NODE: `netdsl capture a.gw.wan -w - | wireshark -k -i -`."""
    node, separator, interface = where.rpartition(".")
    if not separator or not node or not interface:
        raise click.UsageError(f"`{where}` is not NODE.IF")
    runtime, deployment = find_deployment(lab, target, output, project, is_trusted=is_trusted)
    path = None if file is None else Path(file)
    raise click.exceptions.Exit(runtime.capture(deployment, host_name(node), interface, path, count, OUT))
