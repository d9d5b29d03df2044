"""`secrets.conf`: what a node's IPsec tunnels prove themselves with, in the node's credentials."""

from collections.abc import Callable, Mapping

from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret
from netdsl.kinds.ipsec.ir import AuthMethod, ends_of

from .quoting import base64_secret, quoted

_SECTIONS: dict[str, str] = {AuthMethod.PSK: "ike", AuthMethod.EAP_MSCHAPV2: "eap"}


def secret_files(node: Node, value: Callable[[SharedSecret], bytes]) -> Mapping[str, bytes]:
    """The file that `swanctl.conf` includes; none for a node without secrets."""
    secrets = {(secret.name, secret.owners): secret for end in ends_of(node.tunnels) for secret in end.secrets}
    if not secrets:
        return {}
    lines = ["secrets {"]
    for number, secret in enumerate(secrets.values(), start=1):
        lines.append(f"  {_SECTIONS[secret.method]}-{number} {{")
        lines.extend(f"    id-{index} = {quoted(owner)}" for index, owner in enumerate(secret.owners, start=1))
        lines.append(f"    secret = {base64_secret(value(secret))}")
        lines.append("  }")
    lines.append("}")
    return {"secrets.conf": "\n".join(lines).encode() + b"\n"}
