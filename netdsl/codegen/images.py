"""The images of a lab: one for all nodes with the same needs, named by what is in it alone."""

import hashlib
from collections.abc import Mapping

from netdsl.codegen.contract import Options
from netdsl.codegen.parents import parent_image
from netdsl.dataclass import dataclass
from netdsl.ir.ids import ImageId, NodeId
from netdsl.ir.image import Image
from netdsl.ir.lab import Lab
from netdsl.ir.sizes import TooLarge
from netdsl.payload.contract import Payload
from netdsl.version import __version__

BASE = "debian:trixie-slim"  # Debian 13, the current stable release
PLATFORMS = ("linux/amd64", "linux/arm64")
MOST_CHARACTERS = 2**25
"""Of the `run` lines of all stages. An image is one for each set of packages that its nodes' daemons need."""


@dataclass(frozen=True, slots=True)
class Stage:
    """An image: a stage of the Dockerfile. `name` depends on what is in it (and on the netdsl that says how) alone, so that
    labs share their images. `is_online`: `runs` have a network. `parent`: what it is made from instead of the base (of
    `parents.py`)."""

    name: str
    packages: tuple[str, ...]
    runs: tuple[str, ...]
    platforms: tuple[str, ...]
    is_online: bool
    parent: str = ""

    @property
    def reference(self) -> str:
        return f"netdsl/{self.name}"


def stages(lab: Lab, payload: Payload, options: Options) -> tuple[tuple[Stage, ...], Mapping[NodeId, Stage]]:
    """The stages in order of first use, and each node's. Raises TooLarge.

    Nodes without an `image` of their own share one that holds what any of them needs: one build, one image on disk, and
    the packages of a daemon that a node does not start cost it nothing else. Nodes with a parent image share another one.
    """
    images = {image.id: image for image in lab.images}
    shared: dict[str, set[str]] = {}
    for node in lab.nodes:
        if node.image is None:
            shared.setdefault(payload.nodes[node.id].needs.parent, set()).update(payload.nodes[node.id].needs.packages)
    made: dict[str, Stage] = {}
    of_needs: dict[tuple[ImageId | None, str, tuple[str, ...]], Stage] = {}
    of_node: dict[NodeId, Stage] = {}
    size = 0
    for node in lab.nodes:
        image = images[node.image] if node.image is not None else None
        own = payload.nodes[node.id].needs
        packages = own.packages if image is not None else tuple(sorted(shared[own.parent]))
        needs = (node.image, own.parent, packages)
        if needs not in of_needs:
            stage = _stage(image, own.parent, packages, is_online=options.has_build_network)
            of_needs[needs] = made.setdefault(stage.name, stage)
            size += sum(map(len, stage.runs))
            if size > MOST_CHARACTERS:
                message = f"the `run` lines of images have more than {MOST_CHARACTERS:,} characters, once for each "
                message += "set of packages that its nodes need"
                raise TooLarge(message, node.origin)
        of_node[node.id] = of_needs[needs]
    return tuple(made.values()), of_node


def _stage(image: Image | None, parent: str, packages: tuple[str, ...], *, is_online: bool) -> Stage:
    runs = image.runs if image else ()
    platforms = (image.platforms if image else ()) or PLATFORMS
    is_online = is_online and bool(runs)
    held = (__version__, BASE, packages, runs, platforms, *(("online" if is_online else "offline",) if runs else ()))
    held = (*held, *((parent_image(parent),) if parent else ()))
    mark = hashlib.sha256(repr(held).encode()).hexdigest()[:12]
    return Stage(f"node-{mark}", packages, runs, platforms, is_online, parent)
