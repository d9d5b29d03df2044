"""The deployment that a runtime verb speaks of, and its driver."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from netdsl.cli.console import relay
from netdsl.cli.options import OUTPUT, PROJECT, TARGET, UNTRUSTED, Decorator, options_together
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


def _as_a_deployment(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def gathered(
        *, lab: str | None, target: str, output: str | None, project: str | None, is_trusted: bool, **others: object
    ) -> None:
        runtime, deployment = find_deployment(lab, target, output, project, is_trusted=is_trusted)
        command(**others, runtime=runtime, deployment=deployment)

    return gathered


DEPLOYMENT: Decorator = options_together(runtime_options, _as_a_deployment)
"""The lab as it was compiled, as `runtime` and `deployment`; with LAB or `--lab`, which the verb has before it."""


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
