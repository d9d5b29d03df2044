"""`netdsl capture`."""

from pathlib import Path

import click

from netdsl.cli.deployment import DEPLOYMENT, LAB_OPTION, OUT
from netdsl.ir.ids import host_name
from netdsl.runtime.driver import Deployment, Driver


def _node_and_interface(_: click.Context, __: click.Parameter, where: str) -> tuple[str, str]:
    node, separator, interface = where.rpartition(".")
    if not separator or not node or not interface:
        raise click.UsageError(f"`{where}` is not NODE.IF")
    return host_name(node), interface


@click.command("capture")
@LAB_OPTION
@DEPLOYMENT
@click.option(
    "-w", "--write", "file", type=click.Path(dir_okay=False, allow_dash=True), help="Write pcap to a file, or `-`."
)
@click.option("-c", "--count", type=click.IntRange(min=1), help="Stop after so many packets.")
@click.argument("where", metavar="NODE.IF", callback=_node_and_interface)
def command(
    where: tuple[str, str], file: str | None, count: int | None, runtime: Driver, deployment: Deployment
) -> None:
    """Capture packets on the interface IF of NODE: `netdsl capture a.gw.wan -w - | wireshark -k -i -`."""
    path = None if file is None else Path(file)
    raise click.exceptions.Exit(runtime.capture(deployment, *where, path, count, OUT))
