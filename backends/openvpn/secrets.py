"""The key of a tunnel's control packets (`tls-crypt`), in the node's credentials: a file for openvpn(8).

The store keeps what it is made of, as it keeps any secret.
"""

import hashlib
from collections.abc import Callable, Mapping

from netdsl.ir.node import Node
from netdsl.ir.tunnel import SharedSecret, own_device
from netdsl.kinds.openvpn.ir import ends_of, settings_of

_BYTES = 256
"""Of a static key: two of a cipher and two of a digest, 64 bytes each (src/openvpn/crypto.h, struct key2)."""
_LINE = 32


def secret_files(node: Node, value: Callable[[SharedSecret], bytes]) -> Mapping[str, bytes]:
    """`openvpn/DEVICE.key` for each tunnel of the node."""
    found: dict[str, bytes] = {}
    for end in ends_of(node.tunnels):
        device = own_device(end)
        path = f"openvpn/{device.name}.key"
        if path not in found:
            found[path] = static_key(value(settings_of(end).key))
    return found


def static_key(secret: bytes) -> bytes:
    """A file as `openvpn --genkey` writes it."""
    digits = hashlib.shake_256(secret).hexdigest(_BYTES)
    lines = [digits[at : at + _LINE] for at in range(0, len(digits), _LINE)]
    return "\n".join(
        ("-----BEGIN OpenVPN Static key V1-----", *lines, "-----END OpenVPN Static key V1-----", "")
    ).encode()
