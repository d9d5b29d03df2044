"""`netdsl trace`."""

import click

from netdsl.cli.console import columns, write
from netdsl.cli.flow_json import trace_json
from netdsl.cli.flow_options import WORLD, refuse
from netdsl.cli.options import LAB
from netdsl.cli.trace_table import trace_table
from netdsl.packets.world import World
from netdsl.verify.predict import PROBE_SIZE, predict
from netdsl.verify.question import BadQuestion, question


@click.command("trace")
@LAB
@click.argument("source", metavar="FROM")
@click.argument("destination", metavar="TO")
@click.argument("service", required=False, metavar="[SERVICE]")
@click.option("-4", "family", flag_value=4, type=int, help="To an IPv4 address of the node.")
@click.option("-6", "family", flag_value=6, type=int, help="To an IPv6 address of the node.")
@click.option(
    "--size",
    type=click.IntRange(28, 65535),
    default=PROBE_SIZE,
    show_default=True,
    metavar="BYTES",
    help="Of the whole IP packet, which must not be fragmented.",
)
@WORLD
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    world: World,
    source: str,
    destination: str,
    service: str | None,
    family: int | None,
    size: int,
    form: str,
) -> None:
    """Follow one packet through a lab that need not run, and its answer.

    FROM is a node. TO is a node, NODE.INTERFACE, TUNNEL.NODE, NODE@NETWORK, NODE.SERVICE, a network with one other node,
    or an address. SERVICE is tcp/8080, udp/53, a known name as http, the name of a service of the node; without one it is
    a ping. Status 0: it is answered, or refused by the node itself; 1: it is not.
    """
    try:
        asked = question(world, source, destination, service, family=family)
    except BadQuestion as error:
        refuse(error)
    verdict = predict(world, asked.source, asked.destination, asked.service, size=size)
    if form == "json":
        write(trace_json(world, verdict, size))
    else:
        write(trace_table(world, verdict, columns(), asked.others))
    raise click.exceptions.Exit(0 if verdict.passes else 1)
