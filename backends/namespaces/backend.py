"""The backend: lab.json, and what runs it."""

from functools import cache

from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.codegen.traits import Traits
from netdsl.diagnostics.core import Diagnostics
from netdsl.disk.shipped import shipped, shipped_below
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload

from .lower import lower
from .render import lab_text
from .support import check_support
from .traits import traits

FILE = "lab.json"
_PACKAGE = "netdsl.backends.namespaces"


class NamespacesBackend:
    name = "namespaces"

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
        check_support(lab, options, diagnostics)

    def traits(self, lab: Lab, payload: Payload, options: Options) -> Traits:
        return traits(lab, payload, options)

    def emit(self, lab: Lab, payload: Payload, layout: Layout, options: Options) -> tuple[Artifact, ...]:
        text = lab_text(lower(lab, payload, layout, options))
        return (Artifact(FILE, text.encode()), *fixed_files())


@cache
def fixed_files() -> tuple[Artifact, ...]:
    """What is equal for all labs: the runner."""
    modules = sorted(path for path in shipped_below(_PACKAGE, "runner") if path.endswith(".py"))
    return (
        Artifact("lab.sh", shipped(_PACKAGE, "lab.sh"), 0o755),
        *(Artifact(path, shipped(_PACKAGE, *path.split("/"))) for path in modules),
    )


backend = NamespacesBackend()
