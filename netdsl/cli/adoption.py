"""Moving a user's edits of a generated file to the file that is theirs."""

from netdsl.cli.console import complain, note
from netdsl.codegen.contract import PRISTINE, Adopter, CannotAdopt
from netdsl.codegen.registry import target_of
from netdsl.codegen.write import Plan
from netdsl.disk.folder import Folder
from netdsl.pipeline.compilation import Compiled


def adopt_edits(compiled: Compiled, planned: Plan) -> frozenset[str]:
    """Write the override files; the paths whose edits are safe there now."""
    safe: set[str] = set()
    for backend in target_of(compiled.emission.target).backends:
        if isinstance(backend, Adopter) and backend.adoptable in planned.edited and _adopt(backend, planned):
            safe.add(backend.adoptable)
    return frozenset(safe)


def _adopt(backend: Adopter, planned: Plan) -> bool:
    with Folder.named(planned.folder) as folder:
        edited, override = folder.read(backend.adoptable), folder.read(backend.override)
        written = folder.read(f"{PRISTINE}/{backend.adoptable}")
        try:
            if edited is None or written is None:
                raise CannotAdopt(f"the copy of what netdsl wrote is missing: {PRISTINE}/{backend.adoptable}")
            text = backend.adopt(edited, written, override)
        except CannotAdopt as error:
            complain(f"{folder.shown(backend.adoptable)}: {error}")
            return False
        folder.replace(backend.override, text, 0o644)
        note(f"moved what was changed in {folder.shown(backend.adoptable)} to {folder.shown(backend.override)}")
    return True
