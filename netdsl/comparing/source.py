"""The lab of a run, from the sources that its file has kept."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.measuring.subject import lab_digest
from netdsl.measuring.types import Run
from netdsl.pipeline.analysis import analyze
from netdsl.pipeline.compilation import closed
from netdsl.semantics.files import MemoryReader
from netdsl.semantics.load import load


def lab_of(run: Run) -> Lab | None:
    """The very lab that was measured; None where the sources in the file do not make it: they lack a secret, or a file of a
    node, or another netdsl makes something else of them."""
    sources = {one.name: one.text.encode() for one in run.subject.sources}
    if not sources:
        return None
    diagnostics = Diagnostics()
    parsed = load(run.subject.sources[0].name, MemoryReader(sources), diagnostics)
    parameters = {one.name: one.value for one in run.subject.parameters}
    lab = analyze(parsed, parameters, diagnostics).lab
    if lab is None:
        return None
    return next((one for one in (lab, closed(lab)) if lab_digest(one) == run.subject.digest), None)
