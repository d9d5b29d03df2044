"""The lab of a run, compiled from the sources in the run's file."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.measuring.subject import lab_digest
from netdsl.measuring.types import Run
from netdsl.pipeline.analysis import analyze
from netdsl.pipeline.compilation import closed
from netdsl.semantics.files import MemoryReader
from netdsl.semantics.load import load


def lab_of(run: Run) -> Lab | None:
    """The lab that was measured. None if the sources in the file do not give it: a secret or a file of a node is
    missing, or another version of netdsl compiles them differently."""
    sources = {source.name: source.text.encode() for source in run.subject.sources}
    if not sources:
        return None
    diagnostics = Diagnostics()
    parsed = load(run.subject.sources[0].name, MemoryReader(sources), diagnostics)
    parameters = {parameter.name: parameter.value for parameter in run.subject.parameters}
    lab = analyze(parsed, parameters, diagnostics).lab
    if lab is None:
        return None
    return next((variant for variant in (lab, closed(lab)) if lab_digest(variant) == run.subject.digest), None)
