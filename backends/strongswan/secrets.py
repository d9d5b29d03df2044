"""What a node's IPsec tunnels prove themselves with, in the node's credentials: `secrets.conf`, raw keys, `radius.conf`."""

from collections.abc import Callable, Iterable, Mapping

from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret
from netdsl.kinds.ipsec.ir import AuthMethod, end_inside, ends_of

from .keys import key_file, private_pem, public_pem
from .quoting import base64_secret, quoted

_SECTIONS: dict[str, str] = {AuthMethod.PSK: "ike", **{one: "eap" for one in AuthMethod if one.has_password}}

Value = Callable[[SharedSecret], bytes]


def is_text(secret: SharedSecret) -> bool:
    """Whether a secret stands in `secrets.conf`."""
    return secret.method in _SECTIONS


def secret_files(node: Node, value: Value) -> Mapping[str, bytes]:
    """The file that `swanctl.conf` includes, and keys; none for a node without secrets."""
    secrets = {(secret.name, secret.owners): secret for end in ends_of(node.tunnels) for secret in end.secrets}
    texts = [secret for secret in secrets.values() if is_text(secret)]
    found = (_texts(texts, value) if texts else {}) | _keys(node, secrets.values(), value)
    return found | _radius(node, secrets.values(), value)


def _texts(secrets: Iterable[SharedSecret], value: Value) -> dict[str, bytes]:
    lines = ["secrets {"]
    for number, secret in enumerate(secrets, start=1):
        lines.append(f"  {_SECTIONS[secret.method]}-{number} {{")
        lines.extend(f"    id-{index} = {quoted(owner)}" for index, owner in enumerate(secret.owners, start=1))
        lines.append(f"    secret = {base64_secret(value(secret))}")
        lines.append("  }")
    lines.append("}")
    return {"secrets.conf": "\n".join(lines).encode() + b"\n"}


def _keys(node: Node, secrets: Iterable[SharedSecret], value: Value) -> dict[str, bytes]:
    """The node's own private key, and the public keys of all."""
    found: dict[str, bytes] = {}
    for secret in secrets:
        if secret.method != AuthMethod.PUBKEY:
            continue
        owner = secret.name.partition("@")[2]
        seed = value(secret)
        found[f"pubkey/{key_file(owner)}"] = public_pem(seed)
        if owner == node.host_name:
            found[f"private/{key_file(owner)}"] = private_pem(seed)
    return found


def _radius(node: Node, secrets: Iterable[SharedSecret], value: Value) -> dict[str, bytes]:
    """What strongswan.conf includes in a gateway that asks: its servers (strongswan.conf(5), charon.plugins.eap-radius)."""
    kept = {secret.name: secret for secret in secrets if secret.method == "radius"}
    if not kept:
        return {}
    asked = {one.secret: one for end in ends_of(node.tunnels) if (one := end_inside(end).radius) is not None}
    lines = ["charon {", "plugins {", "eap-radius {", "servers {"]
    for number, one in enumerate(asked.values(), start=1):
        lines += [f"server-{number} {{", f"address = {one.address}", f"auth_port = {one.port}"]
        lines += [f"secret = {quoted(value(kept[one.secret]).decode())}", "}"]
    return {"radius.conf": "\n".join([*lines, *"}}}}"]).encode() + b"\n"}
