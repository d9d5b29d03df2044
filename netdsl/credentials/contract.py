"""The result of the credentials stage for the later stages, and what it asks of parts.

The secrets stay in the store; an envelope mounts or copies its folder `nodes/<host name>/` into the node.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Protocol, cast

from netdsl.dataclass import dataclass
from netdsl.index import of_parts
from netdsl.ir.ids import NodeId
from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret


@dataclass(frozen=True, slots=True)
class Credentials:
    """`digests`: for each node with credentials the hash of its folder, by which changes are detected. `expires`: the
    earliest end of a certificate or revocation list; None if there is none."""

    digests: Mapping[NodeId, str]
    expires: datetime | None


class SecretPart(Protocol):
    """The module `netdsl.backends.PART.secrets`, of a part whose daemon needs secrets of tunnels."""

    def secret_files(self, node: Node, value: Callable[[SharedSecret], bytes]) -> Mapping[str, bytes]:
        """The files with the secrets of a node's tunnels, by their paths in its credentials; empty where it has none.
        `value` gives a secret, made where the lab does not say it."""
        ...


@cache
def secret_parts() -> tuple[SecretPart, ...]:
    return tuple(cast(SecretPart, module) for module in of_parts("secrets"))
