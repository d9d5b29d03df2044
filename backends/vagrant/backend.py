"""The backend: the Vagrantfile, the fixed files beside it, and the files from which machines are provisioned."""

from functools import cache

from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.codegen.traits import Traits
from netdsl.diagnostics.core import Diagnostics
from netdsl.disk.shipped import shipped, shipped_below
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload

from .lower import lower
from .render import machine_files, vagrantfile
from .support import check_support
from .traits import traits

FILE = "Vagrantfile"
_GUEST = "machine/guest/"


class VagrantBackend:
    name = "vagrant"

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
        check_support(lab, options, diagnostics)

    def traits(self, lab: Lab, payload: Payload, options: Options) -> Traits:
        return traits(lab, payload, options)

    def emit(self, lab: Lab, payload: Payload, layout: Layout, options: Options) -> tuple[Artifact, ...]:
        fixed = fixed_files()
        guest = (file for file in fixed if file.path.startswith(_GUEST))
        project = lower(lab, payload, layout, options, guest)
        return (Artifact(FILE, vagrantfile(project).encode(errors="strict")), *machine_files(project), *fixed)


@cache
def fixed_files() -> tuple[Artifact, ...]:
    """The files below `machine/` that are equal for all labs, sorted by path."""
    package = "netdsl.backends.vagrant"
    paths = sorted(shipped_below(package, "machine"))
    return tuple(
        Artifact(path, shipped(package, *path.split("/")), 0o755 if path.endswith(".sh") else 0o644) for path in paths
    )


backend = VagrantBackend()
