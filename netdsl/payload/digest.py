"""The digest of what a lab's nodes are inside: the same in every target, on every machine, with whatever keys."""

import hashlib
from collections.abc import Iterable

from netdsl.payload.contract import Payload, PayloadFile


def payload_digest(payload: Payload) -> str:
    """SHA-256 in hex over what is shared by all nodes and, per node, its files, sysctls and packages.

    Nothing of the credential store is in it: two compilations of a lab have the same digest, whose keys they are does not
    matter. What an envelope adds (a Dockerfile, a Vagrantfile) is in it neither.
    """
    total = hashlib.sha256()
    _add_files(total, payload.shared)
    for node in sorted(payload.nodes, key=str):
        inside = payload.nodes[node]
        _add(total, "node", node)
        _add_files(total, inside.files)
        for key, value in inside.needs.sysctls:
            _add(total, "sysctl", key, value)
        _add(total, "packages", *inside.needs.packages)
    return total.hexdigest()


def _add_files(total: "hashlib._Hash", files: Iterable[PayloadFile]) -> None:
    for file in sorted(files, key=lambda one: one.path):
        _add(total, "file", file.path, f"{file.mode:o}", hashlib.sha256(file.content).hexdigest())


def _add(total: "hashlib._Hash", *fields: str) -> None:
    """Each field with its length before it: no two lists of fields look alike."""
    for field in fields:
        raw = field.encode()
        total.update(f"{len(raw)}:".encode())
        total.update(raw)
