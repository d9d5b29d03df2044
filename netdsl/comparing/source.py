"""The lab of a run, compiled from the sources in the run's file."""

from netdsl.comparing.variants import Subject, subject_of
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
    found = subject_in(run, "")
    return None if found is None else found.lab


def subject_in(run: Run, value: str) -> Subject | None:
    """The lab that was measured, as that of a value, with what is proven of it. None as of `lab_of`."""
    sources = {source.name: source.text.encode() for source in run.subject.sources}
    if not sources:
        return None
    diagnostics = Diagnostics()
    parsed = load(run.subject.sources[0].name, MemoryReader(sources), diagnostics)
    parameters = {parameter.name: parameter.value for parameter in run.subject.parameters}
    checked = analyze(parsed, parameters, diagnostics)
    if checked.lab is None:
        return None
    lab = next((one for one in (checked.lab, closed(checked.lab)) if lab_digest(one) == run.subject.digest), None)
    return None if lab is None else subject_of(value, lab, checked)
