"""The deployment that a runtime verb speaks of, and its driver."""

from functools import partial
from pathlib import Path

import click

from netdsl.cli.console import relay
from netdsl.cli.options import OUTPUT, PROJECT, TARGET, UNTRUSTED, options_together
from netdsl.cli.place import find_output
from netdsl.codegen.registry import driver_of
from netdsl.codegen.write import settle
from netdsl.runtime.driver import Deployment, Driver, Out

LAB_OPTION = click.option(
    "-l", "--lab", "lab", metavar="LAB", help="A source, an output folder or a lab's name [the only one in build/]."
)

ADMIN_OPTION = click.option(
    "--admin",
    "is_admin",
    is_flag=True,
    help="With the rights that the node is configured with, not its processes' own.",
)

OUT = Out(relay, partial(relay, is_remark=True))
"""Where the lines of nodes go."""

runtime_options = options_together(TARGET, OUTPUT, PROJECT, UNTRUSTED)
"""As every verb on a running lab has them."""


def find_deployment(
    lab: str | None, target: str, output: str | None, project: str | None, *, is_trusted: bool = True
) -> tuple[Driver, Deployment]:
    """What was compiled, whole: a write that was interrupted is finished first. Raises CannotRun where the target has no
    driver, UsageError where nothing is compiled; FolderBusy, PathRefused, OSError."""
    driver = driver_of(target)
    folder = find_output(lab, target, output, is_trusted=is_trusted)
    settle(folder)
    return driver, Deployment(folder, project or _project(folder))


def _project(folder: Path) -> str:
    """The name that the lab was compiled for."""
    from netdsl.codegen.manifest import read_manifest

    manifest = read_manifest(folder)
    assert manifest is not None, "find_output found it"
    return manifest.project or manifest.lab
