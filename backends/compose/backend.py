"""The backend: compose.yaml, its unedited copy, and the script for the parents of networks."""

from netdsl.codegen.contract import PRISTINE, Artifact, Layout, Options
from netdsl.codegen.traits import Traits
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload

from .lower import lower
from .parents import parents_script, parents_table
from .render import compose_text
from .support import check_support
from .traits import traits

FILE = "compose.yaml"


class ComposeBackend:
    name = "compose"
    adoptable = FILE
    override = "compose.override.yaml"

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
        check_support(lab, diagnostics)

    def traits(self, lab: Lab, payload: Payload, options: Options) -> Traits:
        return traits(lab, payload, options)

    def emit(self, lab: Lab, payload: Payload, layout: Layout, options: Options) -> tuple[Artifact, ...]:
        project = lower(lab, payload, layout, options)
        text = compose_text(project).encode()
        return (
            Artifact(FILE, text),
            Artifact(f"{PRISTINE}/{FILE}", text),
            Artifact("parents.sh", parents_script().encode(), 0o755),
            Artifact("parents.tsv", parents_table(project).encode()),
        )

    def adopt(self, edited: bytes, written: bytes, override: bytes | None) -> bytes:
        from .override import adopt  # loading ruamel.yaml takes as long as compiling a small lab

        return adopt(edited, written, override)


backend = ComposeBackend()
