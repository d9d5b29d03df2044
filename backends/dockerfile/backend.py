"""The backend: Dockerfile, bake file, and what the build context must not hold."""

from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.codegen.images import stages
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload

from .render import bake_file, dockerfile


class DockerfileBackend:
    name = "dockerfile"

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
        """Any set of packages can be an image."""

    def emit(self, lab: Lab, payload: Payload, layout: Layout, options: Options) -> tuple[Artifact, ...]:
        made, _ = stages(lab, payload, options)
        return (
            Artifact("Dockerfile", dockerfile(lab.name, made).encode()),
            Artifact("docker-bake.json", bake_file(made).encode()),
            Artifact(".dockerignore", b"# the build needs nothing but the Dockerfile: no payload, no key\n*\n"),
        )


backend = DockerfileBackend()
