"""The keys of a node's devices and of their peers, in the node's credentials: files for wg(8).

The store keeps what a key is made of, as it keeps any secret; an X25519 private key is any 32 bytes (RFC 7748 §5), and so
is a SHA-256.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret, TunnelEnd, own_device
from netdsl.kinds.wireguard.ir import ends_of, settings_of
from netdsl.payload.devices import child_of

Value = Callable[[SharedSecret], bytes]


def secret_files(node: Node, value: Value) -> Mapping[str, bytes]:
    """`wireguard/DEVICE.conf`: the device's key; `wireguard/CHILD.peer`: a peer's. None for a node without."""
    found: dict[str, bytes] = {}
    for end in ends_of(node.tunnels):
        device = own_device(end)
        own = f"[Interface]\nPrivateKey = {_text(_seed(value(settings_of(end).key)))}\n"
        found[f"wireguard/{device.name}.conf"] = own.encode()
        found[f"wireguard/{child_of(end)}.peer"] = _peer(end, value).encode()
    return found


def _peer(end: TunnelEnd, value: Value) -> str:
    """A section of wg(8)'s configuration file."""
    settings = settings_of(end)
    lines = ["[Peer]", f"PublicKey = {_text(_public(value(settings.peer_key)))}"]
    if settings.psk is not None:
        lines.append(f"PresharedKey = {_text(_seed(value(settings.psk)))}")
    return "".join(f"{line}\n" for line in lines)


def _seed(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _public(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(_seed(secret)).public_key().public_bytes_raw()


def _text(key: bytes) -> str:
    return b64encode(key).decode()
