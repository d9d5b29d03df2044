"""Measuring a project on the machine where it runs: containers from the engine, usage from the kernel's files."""

from contextlib import AbstractContextManager

from netdsl.codegen.images import BASE
from netdsl.diagnostics.visible import passing
from netdsl.runtime.driver import Deployment, DriverError, Progress
from netdsl.runtime.meter import Base, Disk, Fact, Meter, NodeUsage, Share, Usage
from netdsl.runtime.procfs import PROC, Mount, group_mounts, processor_seconds, proportional

from .driver import driver
from .ended import CommandFailed
from .engine import SERVICE, builds_of, check_client, compose_command, failed, image_ids, nodes_of, resolved, said, told
from .facts import METHODS, facts_of
from .groups import Members, group_usage, members
from .keeper import Keepers
from .layers import Layered, image_of, without_shared
from .tools import SideTools, side_tools
from .working import working


class ComposeMeter:
    """Nodes are services. Every method raises DriverError."""

    def __init__(self) -> None:
        self.keepers = Keepers()

    def facts(self, deployment: Deployment) -> tuple[Fact, ...]:
        return facts_of(deployment, driver)

    def methods(self) -> tuple[Fact, ...]:
        return METHODS

    def rebuild(self, deployment: Deployment, progress: Progress) -> None:
        """An image is named by its content, so other labs may use it. If one of their containers uses the old image,
        that keeps the name and the new one is removed: otherwise Compose would recreate their containers."""
        check_client()
        with told():
            builds = builds_of(resolved(deployment))
            old = image_ids(builds.values())
            progress(f"building {len(builds)} image(s), nothing of them taken from a cache")
            try:
                with working(deployment) as work:
                    words = ("build", "--no-cache", "--progress", "plain", *builds)
                    work.run([*compose_command(deployment), *words], passing(progress))
            except CommandFailed as error:
                raise failed("an image could not be built", error) from error
            new = image_ids(old)
            for image, before in old.items():
                _settle(image, before, new[image])

    def park(self, deployment: Deployment, progress: Progress) -> None:
        driver.down(deployment, progress)

    def usage(self, deployment: Deployment) -> Usage:
        """One call of the engine and reads of small kernel files: for nine nodes about 40 ms of processor time, half of
        it in the engine's client (measured on two cores with 200 processes)."""
        services = _running(deployment)
        found = members(PROC, services)
        if services and not found and services.keys() & _running(deployment).keys():
            raise DriverError(
                "the nodes' processes cannot be seen from here: the engine runs on another machine, or in one of its own",
                command="docker ps",
                remedy="measure where the engine runs (on Linux, beside it)",
            )
        hierarchies = group_mounts(PROC)
        nodes = [_usage(hierarchies, services[identity], identity, group) for identity, group in found.items()]
        shims = [group.shim for group in found.values() if group.shim is not None]
        return Usage(tuple(sorted(nodes, key=lambda usage: usage.node)), proportional(PROC, shims) or 0)

    def disk(self, deployment: Deployment) -> Disk:
        containers = _containers(deployment, is_running=False)
        if not containers:
            return Disk((), ())
        form = f'{{{{index .Config.Labels "{SERVICE}"}}}} {{{{.SizeRw}}}} {{{{.Config.Image}}}}'
        rows = [
            line.split(" ")
            for line in said(["container", "inspect", "--size", "--format", form, *containers]).splitlines()
        ]
        images = [image_of(name) for name in sorted({row[2] for row in rows})]
        shares = sorted((Share(row[0], int(row[1])) for row in rows), key=lambda share: share.node)
        return Disk(_bases([image for image in images if image is not None]), tuple(shares))

    def tools(self, deployment: Deployment, node: str) -> AbstractContextManager[SideTools]:
        """A container in the node's network: its usage is not part of the node's figures."""
        return side_tools(deployment, node, self.keepers)


def _running(deployment: Deployment) -> dict[str, str]:
    """The host names of running nodes by container id."""
    return _containers(deployment, is_running=True)


def _containers(deployment: Deployment, *, is_running: bool) -> dict[str, str]:
    form = f'{{{{.ID}}}} {{{{.Label "{SERVICE}"}}}}'
    words = ["ps", "--no-trunc", *nodes_of(deployment), "--format", form, *([] if is_running else ["--all"])]
    rows = (line.split(" ", 1) for line in said(words, timeout=60).splitlines())
    return {row[0]: row[1] for row in rows}


def _usage(hierarchies: tuple[Mount, ...], node: str, container: str, group: Members) -> NodeUsage:
    usage = group_usage(hierarchies, group.group, container)
    cpu = usage.cpu if usage.cpu is not None else processor_seconds(PROC, group.processes)
    return NodeUsage(node, usage.memory, proportional(PROC, group.processes), cpu)


def _settle(image: str, old: str, new: str) -> None:
    """Remove one of two images of a name: the old one, or the new one if a container uses the old one."""
    if old == new:
        return
    users = said(["ps", "--all", "--quiet", "--filter", f"ancestor={old}"]).split()
    if users:
        said(["image", "tag", old, image])
    try:
        said(["image", "rm", new if users else old])
    except DriverError:
        return  # a container has started to use it meanwhile, so it stays


def _bases(images: list[Layered]) -> tuple[Base, ...]:
    """The images' sizes, with the distribution's image counted once if they are built on it."""
    return without_shared(image_of(BASE), images)


meter: Meter = ComposeMeter()
