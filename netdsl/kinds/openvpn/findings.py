"""What is wrong with a lab in which OpenVPN's packets pass: certificates whose owner cannot be told by their names."""

import re

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import NodeId
from netdsl.kinds.openvpn.catalogue import CERTIFICATE_NAME
from netdsl.kinds.openvpn.ir import ends_of, settings_of
from netdsl.packets.world import World

_PLAIN = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9 ._:@=+-]+")
"""Others the daemon replaces (ssl_verify.c, verify_cert; platform.c, platform_gen_path), or would want in quotes."""
_HELP = 'a `pki` whose subject has a plain CN, as in `subject "O=Lab, CN=$address"`, and `authority PKI`'


def check(world: World, diagnostics: Diagnostics) -> None:
    """certificate-name, once for each tunnel."""
    told: set[str] = set()
    owners: dict[tuple[str, str], NodeId] = {}
    for node in world.lab.nodes:
        for end in ends_of(node.tunnels):
            name = settings_of(end).names[0]
            owner = node.id if name is None else owners.setdefault((end.tunnel, name), node.id)
            is_plain = name is not None and _PLAIN.fullmatch(name) is not None
            if (is_plain and owner == node.id) or end.tunnel in told or end.end_origin is None:
                continue
            told.add(end.tunnel)
            diagnostics.report(
                CERTIFICATE_NAME,
                f"the certificate of `{node.id}` has no name by which `{end.tunnel}` can tell it",
                end.end_origin,
                _why(name, owner, node.id),
                help=_HELP,
            )


def _why(name: str | None, owner: NodeId, node: NodeId) -> str:
    if name is None:
        return "its subject has no CN"
    return f"its CN is `{name}`" + (f", as that of `{owner}`" if owner != node else "")
