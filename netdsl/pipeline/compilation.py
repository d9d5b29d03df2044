"""From a proven lab to the files of a target."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from netdsl.codegen.contract import Artifact, Emission, Layout, Options
from netdsl.codegen.emit import emit
from netdsl.codegen.manifest import manifest_artifact
from netdsl.codegen.options import options_of
from netdsl.codegen.registry import target_of
from netdsl.credentials.contract import Credentials
from netdsl.credentials.make import credentials
from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.lower.lower import lower
from netdsl.payload.contract import Payload
from netdsl.payload.filters import check_filters
from netdsl.payload.part import filter_engine, parts
from netdsl.payload.render import payload
from netdsl.semantics.bindings import Bindings

Begin = Callable[[Lab], None]
"""Called with a lab that its target can have, before anything of it is written."""


def unannounced(_: Lab) -> None:
    """Nothing to do before."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A lab with all files of one target. `expires`: when the first of its certificates ends."""

    lab: Lab
    emission: Emission
    expires: datetime | None


def compile_bindings(
    bindings: Bindings,
    target: str,
    options: Options,
    layout: Layout,
    store: Path,
    diagnostics: Diagnostics,
    *,
    clock: Callable[[], datetime],
    entropy: Callable[[int], bytes],
    lab: Lab | None = None,
    begin: Begin | None = unannounced,
) -> Compiled | None:
    """From bindings to the files of a target; None where the target does not support the lab (then it is reported, and
    nothing was made). The only thing written is the credential store; before that `begin` is called, and without it nothing
    is written. `lab`: what the bindings are lowered to, where it is known.

    Raises UnknownTarget, BrokenTarget, BadOption, StoreUnreadable, FolderBusy, OSError.
    """
    found = target_of(target)
    options = options_of(target, options)
    lab = lower(bindings) if lab is None else lab
    if options.is_closed:
        lab = closed(lab)
    found.check_support(lab, options, diagnostics)
    engine = filter_engine()
    check_filters(lab, engine.name, engine.features, diagnostics)
    if diagnostics.has_errors:
        return None
    if begin is not None:
        begin(lab)
    secrets = credentials(lab, store, clock=clock, entropy=entropy, is_dry=begin is None)
    inside = payload(lab, secrets, parts())
    return Compiled(lab, emit(found, lab, inside, layout, options), secrets.expires)


def output_files(compiled: Compiled, project: str | None) -> tuple[Artifact, ...]:
    """All files of an output folder, its manifest with them."""
    places = {str(node.id): str(node.origin) for node in compiled.lab.nodes if node.origin is not None}
    manifest = manifest_artifact(
        compiled.emission, compiled.lab.name, places, project=project, expires=compiled.expires
    )
    return (*compiled.emission.artifacts, manifest)


def closed(lab: Lab) -> Lab:
    """The lab without any way out (`--closed`)."""
    return replace(lab, nodes=tuple(replace(node, has_uplink=False) for node in lab.nodes))


def keyless_payload(lab: Lab) -> Payload:
    """What every node is inside but for its keys: nothing is made, read or written.

    Its files, sysctls and packages, and so its `payload_digest`, are those of a compilation; `has_credentials` and what
    follows from it are not."""
    return payload(lab, Credentials({}, None), parts())
