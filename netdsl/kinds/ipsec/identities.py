"""Identities of IKE in bytes, by which a DHCP server knows a client.

As charon reads them (strongSwan 6.0: identification.c, create_from_string, atodn; asn1.c, asn1_is_printablestring).

Not all that charon reads is known here: not types that are said before an identity (`keyid:x`), ranges of addresses, and
attributes of names beside those that certificates have.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from netdsl.kinds.ipsec.ir import AuthMethod

_ATTRIBUTES = {
    "C": "550406", "ST": "550408", "L": "550407", "O": "55040a", "OU": "55040b", "CN": "550403",
    "serialNumber": "550405", "E": "2a864886f70d010901", "DC": "0992268993f22c640119",
}  # fmt: skip
"""The object identifiers of attributes, encoded."""
_TYPED = re.compile(
    r"(ipv[46](net|range)?|rfc822|email|userfqdn|fqdn|dns|asn1[dg]n|xmppaddr|keyid|uri):|\{", re.IGNORECASE
)
_ANYBODY = ("", "%any", "%any6", "*", "0.0.0.0", "::", "0::0")  # noqa: S104 - nothing is bound here
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*", re.ASCII)
_UTF8, _PRINTABLE_STRING, _IA5, _OBJECT, _SEQUENCE, _SET = 0x0C, 0x13, 0x16, 0x06, 0x30, 0x31
_ROOM = 288  # bytes: of the options before the host name and the client identifier (dhcp_socket.c, prepare_dhcp)


def client_identifier(method: AuthMethod, identity: str) -> bytes | None:
    """What charon's plug-in dhcp says of a client (option 61): the identity of its last proof, as far as there is room. A
    name is said as the host name too, before. None: it is not known."""
    found = encoded(identity)
    if found is not None and method.is_eap and "=" not in identity:
        found = _as_data(found)
    if found is None:
        return None
    room = _ROOM
    if _is_name(identity):
        room -= 2 + min(len(found), _ROOM - 2, 255)
    return found[: min(room - 2, 255)]


def encoded(identity: str) -> bytes | None:
    """An identity on the wire, without its type; None: it is not known, or says nothing."""
    if identity in _ANYBODY or _TYPED.match(identity) or identity.startswith("@#"):
        return None
    if "=" in identity:
        return _name(identity)
    if "@" in identity:
        return identity.removeprefix("@").removeprefix("@").encode() if identity[0] == "@" else identity.encode()
    address, *rest = re.split("[/-]", identity, maxsplit=1)
    try:
        packed = ip_address(address).packed
    except ValueError:
        return identity.encode()
    return None if rest else packed


def _as_data(sent: bytes) -> bytes | None:
    """EAP sends the bytes without a type, and the gateway reads them as a text again (identification_create_from_data)."""
    try:
        return encoded(sent.decode())
    except UnicodeDecodeError:
        return None


def _is_name(identity: str) -> bool:
    """Whether its type is FQDN; an address is too short for it to matter."""
    return not any(mark in identity for mark in "@=:") or re.match("@[^@]", identity) is not None


# --- distinguished names (X.690)


def _name(identity: str) -> bytes | None:
    """None: it has an attribute that is not known here."""
    parts = [part.partition("=") for part in identity.split(",")]
    known = {key.lower(): key for key in _ATTRIBUTES}
    keys = [known.get(key.strip(" ").lower()) for key, _, _ in parts]
    if identity.startswith("/") or None in keys:
        return None
    values = (value.strip(" ") for _, _, value in parts)
    return _block(
        _SEQUENCE, *(one for key, value in zip(keys, values, strict=True) if key for one in _part(key, value))
    )


def _part(key: str, value: str) -> Iterator[bytes]:
    kind = _IA5 if key == "E" else _PRINTABLE_STRING if _PRINTABLE.fullmatch(value) else _UTF8
    pair = (_block(_OBJECT, bytes.fromhex(_ATTRIBUTES[key])), _block(kind, value.encode()))
    yield _block(_SET, _block(_SEQUENCE, *pair))


def _block(kind: int, *content: bytes) -> bytes:
    inside = b"".join(content)
    length = len(inside)
    if length < 128:
        return bytes((kind, length)) + inside
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((kind, 128 | len(size))) + size + inside
