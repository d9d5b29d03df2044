"""nft's quoting rules. What a rule cannot carry raises NotRepresentable."""

from netdsl.payload.quoting import NotRepresentable

_LOG_LENGTH = 120  # NF_LOG_PREFIXLEN is 128, with the blank and the NUL that follow


def nft_string(text: str) -> str:
    """A string of nft's: between double quotes, without any escape, so some characters cannot stand in it."""
    if any(character == '"' or not character.isprintable() for character in text):
        raise NotRepresentable("a quote or control character in a string for nft")
    return f'"{text}"'


def nft_log_prefix(text: str) -> str:
    """`log prefix` with a blank after it, cut to what the kernel takes."""
    return nft_string(text.encode()[:_LOG_LENGTH].decode(errors="ignore") + " ")
