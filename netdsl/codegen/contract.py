"""What a backend is: it turns the lab and its payload into the files of one runtime's envelope."""

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol, runtime_checkable

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of the output: a relative POSIX path (never `..`), its bytes, its mode."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of an output folder lie, relative to it; `credentials` may lead out of it (`../credentials`)."""

    payload: str = "payload"  # payload/lab, payload/nodes/<host name>
    credentials: str = "../credentials"

    @property
    def lab(self) -> str:
        return f"{self.payload}/lab"

    def node(self, host_name: str) -> str:
        return f"{self.payload}/nodes/{host_name}"

    def node_credentials(self, host_name: str) -> str:
        return f"{self.credentials}/nodes/{host_name}"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says to a target. `project` names the deployment (default: the lab's name), `provider` what
    runs its virtual machines. `targets`: all that this call compiles for, so that a target can leave alone what is meant
    for another. `has_build_network`: the `run` lines of images reach the network while an image is made."""

    project: str | None = None
    driver: str | None = None
    provider: str | None = None
    targets: tuple[str, ...] = ()
    is_closed: bool = False
    has_build_network: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)  # `-o key=value`, beats `target … { }`


class Backend(Protocol):
    """One folder of `backends/`; `backend.py` there has an instance named `backend`."""

    @property
    def name(self) -> str: ...

    def check_support(self, lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
        """Report, at the user's line, what it cannot do beside what its target's abilities say. Drops nothing silently."""

    def emit(self, lab: Lab, payload: Payload, layout: Layout, options: Options) -> tuple[Artifact, ...]:
        """The files of the envelope. Pure and deterministic; only called without errors."""


PRISTINE = ".netdsl"  # the folder of the output that keeps what an adoptable file was like when written


@runtime_checkable
class Adopter(Protocol):
    """A backend whose file people edit by hand, and that has a place of theirs to move the edits to."""

    @property
    def adoptable(self) -> str:
        """The generated file that is edited (`compose.yaml`); its pristine copy lies below PRISTINE."""
        ...

    @property
    def override(self) -> str:
        """The user's own file that takes the edits (`compose.override.yaml`)."""
        ...

    def adopt(self, edited: bytes, written: bytes, override: bytes | None) -> bytes:
        """The override file with what was changed between `written` and `edited` added, comments kept.

        Raises CannotAdopt where an edit has no place there (something was taken away).
        """
        ...


class BadOption(Exception):
    """A value from the command line that a target cannot have."""


class CannotAdopt(Exception):
    """An edit that the override file cannot express; the message names it."""


@dataclass(frozen=True, slots=True)
class Emission:
    """All files of one target's output, sorted by path."""

    target: str
    artifacts: tuple[Artifact, ...]
