"""The credentials of a lab's nodes, as their envelopes give them."""

import shutil
from datetime import UTC, datetime
from hashlib import shake_256
from pathlib import Path

from netdsl.credentials.make import credentials
from netdsl.ir.lab import Lab
from tests.payload.node import Node


def give_keys(lab: Lab, folder: Path, **nodes: Node) -> None:
    """Certificates and keys of these nodes, from one store in the folder."""
    credentials(lab, folder, clock=lambda: datetime.now(UTC), entropy=lambda size: shake_256(b"test").digest(size))
    for name, node in nodes.items():
        shutil.copytree(folder / "nodes" / name, node.folder / "netdsl" / "credentials", dirs_exist_ok=True)
