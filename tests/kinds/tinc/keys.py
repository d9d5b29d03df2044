"""The credentials of a node, as its envelope gives them."""

from functools import cache

from netdsl.backends.tinc.secrets import secret_files
from netdsl.credentials.authority import key_pem, new_key
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import SharedSecret
from tests.payload.node import Node


@cache
def value(secret: SharedSecret) -> bytes:
    """A key of its own for each name."""
    assert secret.algorithm is not None
    return key_pem(new_key(secret.algorithm))


def give_keys(lab: Lab, name: str, node: Node) -> None:
    """The credentials of the lab's node."""
    own = next(one for one in lab.nodes if one.id == name)
    for path, content in secret_files(own, value).items():
        file = node.folder / "netdsl" / "credentials" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o600)
