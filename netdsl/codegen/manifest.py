"""The manifest of an output folder: which files are netdsl's, what they held when written, where they come from."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path

from netdsl.codegen.contract import Artifact, Emission
from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.version import __version__

MANIFEST = "netdsl-manifest.json"
_FORMAT = 1
_LARGEST = 64 * 2**20  # bytes; of ten thousand nodes it has six million
_SHOWN = 40
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PROJECT = re.compile(r"(?!-)[^\x00-\x1f\x7f/\ud800-\udfff]{1,128}")
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")


class ManifestUnreadable(Exception):
    """The manifest exists and is not one that this version wrote; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` maps a path to the SHA-256 of what was written; `places` maps a node's id to its source place."""

    target: str
    lab: str
    files: Mapping[str, str]
    places: Mapping[str, str] = field(default_factory=dict)
    project: str | None = None
    expires: datetime | None = None


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def manifest_artifact(
    emission: Emission,
    lab: str,
    places: Mapping[str, str],
    *,
    project: str | None = None,
    expires: datetime | None = None,
) -> Artifact:
    """The manifest as one more file of the output; it does not list itself."""
    document = {
        "format": _FORMAT,
        "generator": f"netdsl {__version__}",
        "lab": lab,
        "target": emission.target,
        "project": project or lab,
        "expires": expires.isoformat() if expires is not None else None,
        "files": {artifact.path: digest(artifact.content) for artifact in emission.artifacts},
        "places": dict(places),
    }
    return Artifact(MANIFEST, json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where there is none. Raises ManifestUnreadable, PathRefused, OSError."""
    opened = Folder.found(folder)
    if opened is None:
        return None
    with opened:
        return manifest_in(opened)


def manifest_in(folder: Folder) -> Manifest | None:
    """As `read_manifest`."""
    raw = folder.read(MANIFEST, _LARGEST)
    if raw is None:
        return None
    try:
        return _manifest(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise ManifestUnreadable(
            f"{folder.shown(MANIFEST)} is not a manifest of this netdsl: {_reason(error)}; "
            "remove it, or compile into another folder (-o)"
        ) from error


def is_inside(path: object) -> bool:
    """Whether something is the path of an output's file: relative, with `/`, inside the folder."""
    if not isinstance(path, str) or _NO_TEXT.search(path):
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def _manifest(document: object) -> Manifest:
    """Raises ValueError."""
    match document:
        case {
            "format": int(version),
            "target": str(target),
            "lab": str(lab),
            "project": str(project),
            "expires": str() | None as expires,
            "files": dict(files),
            "places": dict(places),
        } if version == _FORMAT:
            if not all(is_inside(path) and _is_digest(mark) for path, mark in files.items()):
                raise ValueError("it lists what is no file of the output")
            if not all(isinstance(place, str) for place in places.values()):
                raise ValueError("a node's place is no text")
            if not _PROJECT.fullmatch(project):
                raise ValueError(f"the project {project[:_SHOWN]!r}")
            ends = None if expires is None else datetime.fromisoformat(expires)
            return Manifest(target, lab, files, places, project, ends)
        case {"format": int(version)} if version != _FORMAT:
            raise ValueError(f"it has the format {version}")
        case _:
            raise ValueError("a field is missing or of another kind")


def _is_digest(mark: object) -> bool:
    return isinstance(mark, str) and _DIGEST.fullmatch(mark) is not None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "brackets in one another without an end"
    return "no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
