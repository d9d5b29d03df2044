"""What the credentials stage gives to the later ones: where each node's secrets lie and what they are worth.

Secrets themselves stay in the store: `nodes/<host name>/` of it is what an envelope hands into that node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from netdsl.ir.ids import NodeId


@dataclass(frozen=True, slots=True)
class Credentials:
    """`digests` has an entry for each node that has credentials: a hash of its folder, to notice a change.
    `expires` is the earliest end of any certificate or revocation list; None where there is none."""

    digests: Mapping[NodeId, str]
    expires: datetime | None
