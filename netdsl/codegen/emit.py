"""From the lab and its payload to all files of one target."""

from netdsl.codegen.contract import Artifact, Emission, Layout, Options
from netdsl.codegen.target import Target
from netdsl.ir.lab import Lab
from netdsl.ir.sizes import TooLarge
from netdsl.payload.contract import Payload

MOST_BYTES = 1 << 28
"""Of all files of an output."""


def emit(target: Target, lab: Lab, payload: Payload, layout: Layout, options: Options) -> Emission:
    """What the target's backends make, and the payload where the layout has it; sorted by path. Raises TooLarge."""
    artifacts = [*_payload_artifacts(lab, payload, layout)]
    for backend in target.backends:
        artifacts += backend.emit(lab, payload, layout, options)
        if sum(len(artifact.content) for artifact in artifacts) > MOST_BYTES:
            raise TooLarge(f"the files of the output are more than {MOST_BYTES >> 20} MiB, all together")
    artifacts.sort(key=lambda artifact: artifact.path)
    return Emission(target.name, tuple(artifacts))


def _payload_artifacts(lab: Lab, payload: Payload, layout: Layout) -> list[Artifact]:
    artifacts = [Artifact(f"{layout.lab}/{file.path}", file.content, file.mode) for file in payload.shared]
    for node in lab.nodes:
        folder = layout.node(node.host_name)
        artifacts += [
            Artifact(f"{folder}/{file.path}", file.content, file.mode) for file in payload.nodes[node.id].files
        ]
    return artifacts
