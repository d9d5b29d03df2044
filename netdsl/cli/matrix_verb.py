"""`netdsl matrix`."""

import click

from netdsl.cli.console import columns, write
from netdsl.cli.flow_options import WORLD, refuse
from netdsl.cli.matrix_data import matrix_csv, matrix_json
from netdsl.cli.matrix_table import matrix_table
from netdsl.cli.options import LAB
from netdsl.packets.world import World
from netdsl.verify.matrix import matrix, virtual_names
from netdsl.verify.question import BadQuestion, nodes_of, service_of


@click.command("matrix")
@LAB
@click.option("--service", metavar="SERVICE", help="Instead of a ping: tcp/8080, udp/53, http …")
@click.option(
    "--from", "sources", multiple=True, metavar="NAME", help="Only from this node, `pc-*`, or network's nodes."
)
@click.option("--to", "destinations", multiple=True, metavar="NAME", help="Only to these; both may be repeated.")
@WORLD
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
def command(
    world: World,
    service: str | None,
    sources: tuple[str, ...],
    destinations: tuple[str, ...],
    form: str,
) -> None:
    """Every node against every other: answered, refused, encrypted, and why not. The lab need not run.

    Addresses of a node are shown apart only where somebody reaches one and not the other.
    """
    try:
        asked = None if service is None else service_of(service, world.lab)
        askers = nodes_of(world.lab, sources) if sources else None
        asking = nodes_of(world.lab, destinations) if destinations else None
        cells = tuple(matrix(world, asked, sources=askers, destinations=asking))
    except BadQuestion as error:
        refuse(error)
    match form:
        case "json":
            write(matrix_json(world, asked, cells))
        case "csv":
            write(matrix_csv(cells))
        case _:
            write(matrix_table(cells, tuple(node.id for node in world.lab.nodes), virtual_names(world.lab), columns()))
