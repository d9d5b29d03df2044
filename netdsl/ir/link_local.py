"""Link-local addresses of IPv6: each interface has one, and none says which link it is on."""

from ipaddress import IPv6Address, IPv6Network

LINK_LOCAL = IPv6Network("fe80::/64")
"""RFC 4291 section 2.5.6: the 54 bits after the first ten are zero."""


def link_local_of(mac: str) -> IPv6Address:
    """What the node's script gives an interface of which the source says none: by its MAC address, modified EUI-64
    (RFC 4291 appendix A). The kernel makes none of its own there (addr_gen_mode none)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    identifier = bytes((octets[0] ^ 2, *octets[1:3], 0xFF, 0xFE, *octets[3:]))
    return LINK_LOCAL[int.from_bytes(identifier)]
