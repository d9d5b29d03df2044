"""The manifest of an output folder: which files are netdsl's, what they held when written, where they come from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path

from netdsl.codegen.contract import Artifact, Emission
from netdsl.dataclass import dataclass
from netdsl.version import __version__

MANIFEST = "netdsl-manifest.json"
_FORMAT = 1


class ManifestUnreadable(Exception):
    """The manifest exists and is not one that this version can read."""


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
    """The manifest of a folder, None where there is none.

    Raises ManifestUnreadable for one that cannot be understood, OSError where the folder cannot be read.
    """
    try:
        raw = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        document = json.loads(raw)
        if document["format"] != _FORMAT:
            raise ManifestUnreadable(f"{MANIFEST} has the format {document['format']!r}")
        files = {str(path): str(value) for path, value in document["files"].items()}
        places = {str(name): str(value) for name, value in document["places"].items()}
        expires = datetime.fromisoformat(document["expires"]) if document["expires"] else None
        return Manifest(str(document["target"]), str(document["lab"]), files, places, document["project"], expires)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestUnreadable(f"{MANIFEST} cannot be read") from error
