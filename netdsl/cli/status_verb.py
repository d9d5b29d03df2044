"""`netdsl status`."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path

import click

from netdsl.cli.console import live_page, output_columns, write
from netdsl.cli.deployment import LAB_OPTION, find_deployment, runtime_options
from netdsl.cli.status_table import is_well, node_report, status_table
from netdsl.codegen.manifest import read_manifest
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.ids import host_name
from netdsl.runtime.driver import Deployment, Driver, NodeState
from netdsl.runtime.inside import KINDS, records

_PAUSE = 2.0  # seconds between two looks of --watch


@click.command("status")
@click.argument("words", nargs=-1, metavar="[LAB] [NODE]...")
@LAB_OPTION
@runtime_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For machines: JSON.",
)
@click.option("--watch", "is_watched", is_flag=True, help="Show it again and again, until Ctrl-C.")
def command(
    words: tuple[str, ...],
    lab: str | None,
    target: str,
    output: str | None,
    project: str | None,
    form: str,
    *,
    is_trusted: bool,
    is_watched: bool,
) -> None:
    """Show the nodes of LAB, one line each: whether it is ready, its tunnels and daemons. Exit 1 if one is not ready.

    LAB is a source, an output folder or a lab's name [the only one in build/]. With NODE: all that is known of that node.
    With --lab or --output every word is a node; so is the first one where there is no such lab.
    """

    def find(name: str | None) -> tuple[Driver, Deployment]:
        return find_deployment(name, target, output, project, is_trusted=is_trusted)

    if output is not None and words and (Path(words[0]).suffix == ".net" or "/" in words[0]):
        words = words[1:]  # a source, which says no more than -o
    runtime, deployment, nodes = _meant(find, lab if output is None else lab or "", words)
    look = partial(runtime.status, deployment, nodes, is_full=bool(nodes) or form == "json")
    show = _json if form == "json" else partial(_text, bool(nodes))
    if is_watched:
        states = _watch(look, show)
    else:
        states = look()
        write("".join(f"{line}\n" for line in show(states)))
    if not is_well(states):
        raise click.exceptions.Exit(1)


Find = Callable[[str | None], tuple[Driver, Deployment]]
Look = Callable[[], tuple[NodeState, ...]]
Show = Callable[[Sequence[NodeState]], Iterator[str]]


def _meant(find: Find, lab: str | None, words: Sequence[str]) -> tuple[Driver, Deployment, tuple[str, ...]]:
    """The runtime, the lab and the host names of nodes that a call speaks of. `lab`: None where a word may name it. Raises
    UsageError."""
    if lab is not None or not words:
        runtime, deployment = find(lab)
        return runtime, deployment, _nodes(deployment, words)
    try:
        runtime, deployment = find(words[0])
    except click.UsageError as no_lab:
        try:
            runtime, deployment = find(None)
            return runtime, deployment, _nodes(deployment, words)
        except click.UsageError:
            raise no_lab from None
    return runtime, deployment, _nodes(deployment, words[1:])


def _nodes(deployment: Deployment, words: Sequence[str]) -> tuple[str, ...]:
    manifest = read_manifest(deployment.folder)
    known = {host_name(node): node for node in (manifest.places if manifest is not None else ())}
    for word in words:
        if host_name(word) not in known:
            hint = did_you_mean(word, known.values())
            raise click.UsageError(f"`{deployment.project}` has no node `{word}`" + (f": {hint}" if hint else ""))
    return tuple(map(host_name, words))


def _text(is_of_nodes: bool, states: Sequence[NodeState]) -> Iterator[str]:
    if is_of_nodes:
        return chain.from_iterable(map(node_report, states))
    return status_table(states, output_columns())


def _json(states: Sequence[NodeState]) -> Iterator[str]:
    yield json.dumps([{**asdict(state), **_inside(state)} for state in states], indent=1)


def _inside(state: NodeState) -> dict[str, object]:
    return {name: records(state.detail, word) for word, name in KINDS.items()}


def _watch(look: Look, show: Show) -> tuple[NodeState, ...]:
    """Until Ctrl-C: on a terminal the page is drawn anew, elsewhere what changed follows what was. The last states."""
    states: tuple[NodeState, ...] = ()
    shown = None
    with suppress(KeyboardInterrupt), live_page() as draw:
        while True:
            states = look()
            page = tuple(show(states))
            if page != shown:
                draw(page)
                shown = page
            time.sleep(_PAUSE)
    return states
