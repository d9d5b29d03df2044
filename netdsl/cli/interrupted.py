"""What Ctrl-C leaves of a lab, and how to take it away."""

from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote

from netdsl.cli.console import note
from netdsl.cli.options import target_words
from netdsl.codegen.manifest import read_manifest
from netdsl.index import TARGETS
from netdsl.runtime.driver import Deployment, Driver, DriverError


@contextmanager
def telling_what_is_left(runtime: Driver, deployment: Deployment) -> Iterator[None]:
    """A block that starts or stops a lab: where it is interrupted, it is said what is there. A second Ctrl-C ends that."""
    try:
        yield
    except KeyboardInterrupt:
        note(_left(runtime, deployment))
        raise


@contextmanager
def telling_of_project(project: str, target: str) -> Iterator[None]:
    """As `telling_what_is_left`, of a lab whose folder is not at hand."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"some of it may be there still; `netdsl down{target_words(target)} --project {project}` takes it away")
        raise


def _left(runtime: Driver, deployment: Deployment) -> str:
    manifest = read_manifest(deployment.folder)
    target = manifest.target if manifest is not None else TARGETS[0]
    down = f"netdsl down -o {quote(str(deployment.folder))}{target_words(target)}"
    if manifest is None or manifest.project != deployment.project:
        down += f" --project {deployment.project}"
    try:
        there = len(runtime.present(deployment))
    except DriverError:
        return f"what was started is there; take it away with `{down}`"
    if not there:
        return f"no node is there; networks may be left: `{down}` takes them away"
    nodes = len(manifest.places) if manifest is not None else there
    return f"{there} of {nodes} nodes are there; `{down}` takes away all of it"
