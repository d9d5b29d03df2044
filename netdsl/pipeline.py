"""The stages of the compiler in their order; nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from netdsl.codegen.contract import Artifact, Emission, Layout, Options
from netdsl.codegen.emit import emit
from netdsl.codegen.manifest import manifest_artifact
from netdsl.codegen.options import options_of
from netdsl.codegen.registry import target_of
from netdsl.credentials.contract import Credentials
from netdsl.credentials.make import credentials
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.lower.lower import lower
from netdsl.payload.contract import Payload
from netdsl.payload.filters import check_filters
from netdsl.payload.part import filter_engine, parts
from netdsl.payload.render import payload
from netdsl.semantics.bindings import Bindings
from netdsl.semantics.expand import expand
from netdsl.semantics.files import FolderReader
from netdsl.semantics.load import Sources, load, load_text
from netdsl.semantics.resolve import resolve
from netdsl.semantics.rules import check_rules
from netdsl.verify import Esp, Summary, verify

_ABOUT_FILES = (catalogue.FILE_NOT_FOUND, catalogue.PATH_ESCAPE, catalogue.IMPORT_CYCLE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A lab after analysis: all findings, what was read, and the bindings unless there is an error before the proof.

    `lab` is there where the bindings are: a lab that does not do what is expected of it is a whole one. `summary` is, where
    no error was found before the proof.
    """

    diagnostics: Diagnostics
    sources: Sources
    bindings: Bindings | None
    lab: Lab | None = None
    summary: Summary | None = None


def check(path: Path, parameters: Mapping[str, str] | None = None, *, esp: Esp = Esp.KERNEL) -> Checked:
    """The lab in a file, with what it imports from its own folder and below, fully analysed.

    `parameters` are texts as of `-D`; `esp` is whose ESP the proof is for. OSError where the file itself cannot be read.
    """
    diagnostics = Diagnostics()
    sources = load(path.name, FolderReader(path.parent, path.name), diagnostics)
    return analyze(sources, parameters or {}, diagnostics, esp=esp)


def check_text(data: bytes, parameters: Mapping[str, str] | None = None, *, esp: Esp = Esp.KERNEL) -> Checked:
    """The same for a lab from standard input, which can import and include nothing."""
    diagnostics = Diagnostics()
    return analyze(load_text(data, diagnostics), parameters or {}, diagnostics, esp=esp)


def analyze(
    sources: Sources, parameters: Mapping[str, str], diagnostics: Diagnostics, *, esp: Esp = Esp.KERNEL
) -> Checked:
    """From parsed files to the proof: expand, resolve, rules, lower, verify.

    After a syntax error none of them runs: what could not be read would be missing everywhere. A missing import is
    known to be missing, and silences only the names that it would have given.
    """
    if any(found.is_error and found.rule not in _ABOUT_FILES for found in diagnostics):
        return Checked(diagnostics, sources, None)
    bindings = resolve(expand(sources, parameters, diagnostics), diagnostics)
    if bindings is not None:
        check_rules(bindings, diagnostics)
    if bindings is None or diagnostics.has_errors:
        return Checked(diagnostics, sources, None)
    lab = lower(bindings)
    return Checked(diagnostics, sources, bindings, lab, verify(lab, diagnostics, esp=esp))


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
) -> Compiled | None:
    """From bindings to the files of a target; None where the target does not support the lab (then it is reported, and
    nothing was made). The only thing written is the credential store. `lab`: what the bindings are lowered to, where it
    is known.

    Raises UnknownTarget, BrokenTarget, BadOption, StoreUnreadable, OSError.
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
    secrets = credentials(lab, store, clock=clock, entropy=entropy)
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
