"""Ranges of addresses that a lab's source may take on the machine that runs it: those that belong to nobody."""

from ipaddress import IPv4Network, IPv6Network, ip_network

_FREE = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",  # RFC 1918
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",  # RFC 6598
            "240.0.0.0/4",  # RFC 1112, section 4
            "fc00::/7",  # RFC 4193
        ),
    )
)


def public_pool(value: str) -> str | None:
    """Why a source cannot have this prefix as a pool; None if it can. ValueError where it is no prefix."""
    pool = ip_network(value)
    if any(_is_inside(pool, free) for free in _FREE):
        return None
    return f"`{value}` has public addresses: a source has private ones alone, or 240.0.0.0/4"


def _is_inside(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    return inner.version == outer.version and outer.prefixlen <= inner.prefixlen and inner.network_address in outer
