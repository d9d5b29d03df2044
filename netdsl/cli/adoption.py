"""Moving a user's edits of a generated file to the file that is theirs."""

from netdsl.cli.console import complain, note
from netdsl.codegen.contract import PRISTINE, Adopter, CannotAdopt
from netdsl.codegen.registry import target_of
from netdsl.codegen.write import Plan
from netdsl.pipeline.compilation import Compiled


def adopt_edits(compiled: Compiled, planned: Plan) -> frozenset[str]:
    """Write the override files; the paths whose edits are safe there now."""
    safe: set[str] = set()
    for backend in target_of(compiled.emission.target).backends:
        if isinstance(backend, Adopter) and backend.adoptable in planned.edited and _adopt(backend, planned):
            safe.add(backend.adoptable)
    return frozenset(safe)


def _adopt(backend: Adopter, planned: Plan) -> bool:
    folder = planned.folder
    target = folder / backend.override
    try:
        written = (folder / PRISTINE / backend.adoptable).read_bytes()
        edited = (folder / backend.adoptable).read_bytes()
        override = target.read_bytes() if target.exists() else None
        text = backend.adopt(edited, written, override)
    except CannotAdopt as error:
        complain(f"{folder / backend.adoptable}: {error}")
        return False
    part = target.with_name(f".{target.name}.netdsl-part")
    part.write_bytes(text)
    part.replace(target)
    note(f"moved what was changed in {folder / backend.adoptable} to {target}")
    return True
