"""The quoting rule of strongSwan's configuration files (`strongswan.conf`, `swanctl.conf`, `secrets.conf`)."""

from base64 import b64encode

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class NotQuotable(ValueError):
    """A string that cannot be quoted: NUL ends every string in strongSwan."""


def quoted(text: str) -> str:
    """A value in double quotes, in which the parser has the escapes \\\\ \\" \\n \\r \\t (strongswan.conf(5))."""
    if "\0" in text:
        raise NotQuotable("a NUL character in a string for strongSwan")
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def base64_secret(secret: bytes) -> str:
    """A secret as `0s…` (Base64): it has no character with a meaning in the syntax."""
    return "0s" + b64encode(secret).decode("ascii")
