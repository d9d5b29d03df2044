"""Names that every runtime's envelope is made with."""

import re
from collections.abc import Iterable, Mapping

from netdsl.codegen.contract import Options
from netdsl.ir.ids import NetworkId
from netdsl.ir.lab import Lab


def project_name(lab: Lab, options: Options) -> str:
    """What Compose takes as a project's name: lower case, digits, `-`, `_`, a letter or digit first."""
    wished = (options.project or lab.name).lower()
    return re.sub(r"[^a-z0-9_-]", "-", wished).lstrip("-_") or "lab"


def network_keys(lab: Lab, taken: Iterable[str] = ()) -> Mapping[NetworkId, str]:
    """Readable, unique keys: `a.lan` is `a-lan`; what collides gets a number, in source order."""
    keys: dict[NetworkId, str] = {}
    used = set(taken)
    for network in lab.networks:
        base = re.sub(r"[^a-zA-Z0-9_-]+", "-", network.id).strip("-") or "network"
        key, number = base, 1
        while key in used:
            number += 1
            key = f"{base}-{number}"
        used.add(key)
        keys[network.id] = key
    return keys
