"""The credentials of a node, as its envelope gives them."""

from collections.abc import Callable
from hashlib import sha256

from netdsl.backends.wireguard.secrets import secret_files
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import SharedSecret
from tests.payload.node import Node

Value = Callable[[SharedSecret], bytes]


def value(secret: SharedSecret) -> bytes:
    """A secret that depends on its name alone."""
    return sha256(secret.name.encode()).hexdigest().encode()


def give_keys(lab: Lab, name: str, node: Node, of: Value = value) -> None:
    """The credentials of the lab's node."""
    own = next(one for one in lab.nodes if one.id == name)
    for path, content in secret_files(own, of).items():
        file = node.folder / "netdsl" / "credentials" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o600)
