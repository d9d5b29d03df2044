"""The project as text: the Vagrantfile, and the small files of each machine. No decisions."""

from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from netdsl.codegen.contract import Artifact

from .machines import DIGESTS, NETWORKS
from .model import InstalledImage, Machine, Project
from .quoting import comment, literal


def vagrantfile(project: Project) -> str:
    return _environment().get_template("Vagrantfile.j2").render(project=project)


def machine_files(project: Project) -> Iterator[Artifact]:
    """The files below `machine/` that differ between labs."""
    yield _file("machine/guest/mgmt.range", f"{project.management}\n")
    yield _file(
        DIGESTS,
        "".join(f"{machine.name}\t{machine.hardware}\t{machine.inside}\n" for machine in project.machines),
    )
    yield _file(NETWORKS, "".join(f"{name}\t{kind}\n" for name, kind in _networks(project)))
    for image in project.images:
        yield from _image_files(image)
    for machine in project.machines:
        yield from _node_files(machine)


def _networks(project: Project) -> Iterator[tuple[str, str]]:
    """libvirt's networks, as machine/netdsl.rb has them made: name, and what `leftovers.network_kind` says of it."""
    for segment in project.segments:
        yield segment.name, f"mtu {segment.mtu}"
    yield f"netdsl-{project.name}", f"{project.management} {'none' if project.is_closed else 'nat'}"
    if project.outside is not None:
        yield f"netdsl.{project.name}.outside", f"{project.outside} nat"


def _image_files(image: InstalledImage) -> Iterator[Artifact]:
    folder = f"machine/images/{image.name}"
    yield _file(f"{folder}/packages", "".join(f"{package}\n" for package in image.packages))
    for number, run in enumerate(image.runs, 1):
        yield _file(f"{folder}/run/{number}", f"{run}\n")
    if image.is_online:
        yield _file(f"{folder}/online", "")


def _node_files(machine: Machine) -> Iterator[Artifact]:
    folder = f"machine/nodes/{machine.name}"
    yield _file(f"{folder}/image", f"{machine.image}\n")
    yield _file(f"{folder}/rights.conf", "".join(f"{line}\n" for line in _rights(machine)))
    if machine.uplink_mac is not None:
        yield _file(f"{folder}/uplink", f"{machine.uplink_mac}\n")


def _rights(machine: Machine) -> Iterator[str]:
    """A drop-in of the unit, systemd.exec(5). Files of /etc are written in place."""
    yield "[Service]"
    yield "CapabilityBoundingSet=" + " ".join(f"CAP_{capability}" for capability in machine.capabilities)
    if machine.writes is not None:
        yield "ProtectSystem=strict"
        yield "ReadWritePaths=/run /tmp /etc/hosts /etc/resolv.conf"
        yield from (f"TemporaryFileSystem={folder}:mode=0755,size=64m" for folder in machine.writes)


def _file(path: str, text: str) -> Artifact:
    return Artifact(path, text.encode())


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - no HTML: quoting is by the filters below
        loader=PackageLoader("netdsl.backends.vagrant"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters.update(ruby=literal, comment=comment, text=_text)
    return environment
