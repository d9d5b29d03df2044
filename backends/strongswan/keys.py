"""Raw public keys (RFC 7670): a node's own, and those of its peers.

The store keeps what a key is made of, as it keeps any secret; an Ed25519 private key is 32 bytes without structure
(RFC 8032 §5.1.5), and so is a SHA-256.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def key_file(owner: str) -> str:
    """The name of the file with a node's key, private or public. No PKI has one of this form."""
    return f"raw@{owner}.pem"


def private_pem(seed: bytes) -> bytes:
    return _key(seed).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(seed: bytes) -> bytes:
    return _key(seed).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest())
