"""The result of the credentials stage for the later stages.

The secrets stay in the store; an envelope mounts or copies its folder `nodes/<host name>/` into the node.
"""

from collections.abc import Mapping
from datetime import datetime

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId


@dataclass(frozen=True, slots=True)
class Credentials:
    """`digests`: for each node with credentials the hash of its folder, by which changes are detected. `expires`: the
    earliest end of a certificate or revocation list; None if there is none."""

    digests: Mapping[NodeId, str]
    expires: datetime | None
