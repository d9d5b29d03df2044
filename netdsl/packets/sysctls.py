"""The sysctls of a node as they are in effect on each interface, as far as they decide what becomes of a packet.

`conf.all.K` means every interface of the lab (the payload reads it back as effective). How the kernel combines `all` with
an interface's own: include/linux/inetdevice.h.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from netdsl.dataclass import dataclass
from netdsl.ir.node import Node

_CONF = re.compile(r"net\.(ipv[46])\.conf\.(.+)\.([^.]+)")

_MODELLED = frozenset(
    {
        "ipv4.rp_filter", "ipv4.accept_local", "ipv4.route_localnet", "ipv4.arp_ignore", "ipv4.forwarding",
        "ipv6.forwarding", "ipv4.src_valid_mark",
    }
)  # fmt: skip
_WITHOUT_EFFECT = frozenset(
    {
        "accept_redirects", "send_redirects", "secure_redirects", "shared_media", "accept_source_route", "log_martians",
        "arp_notify", "arp_announce", "accept_ra", "autoconf", "accept_dad", "dad_transmits", "router_solicitations",
        "use_tempaddr", "hop_limit", "igmpv2_unsolicited_report_interval", "promote_secondaries", "arp_accept",
    }
)  # fmt: skip
"""Of `conf`: what decides nothing for a packet between the lab's nodes (redirects are dropped by the payload's filter)."""
_PLAIN = frozenset({"net.ipv4.ip_forward", "net.ipv4.ip_default_ttl", "net.ipv4.ip_unprivileged_port_start"})
_HARMLESS = re.compile(
    r"net\.(core\.|unix\.|sctp\.|mptcp\.|ipv4\.tcp_|ipv4\.udp_|ipv4\.ping_group|ipv4\.igmp_|ipv4\.ip_local_|"
    r"netfilter\.nf_conntrack_(max|\w+_timeout\w*|helper|acct|timestamp|checksum|events)|ipv[46]\.neigh\.|ipv4\.icmp_(ratelimit|ratemask|echo_ignore_broadcasts|"
    r"ignore_bogus_error_responses)|ipv6\.icmp\.ratelimit|ipv4\.fib_)"
)
_SECOND = {"ipv4.rp_filter": max, "ipv4.arp_ignore": max, "ipv4.accept_local": max, "ipv4.route_localnet": max}


@dataclass(frozen=True, slots=True)
class Sysctls:
    """`values` by key. A key that is nowhere has the kernel's default, or the node's kind's, which lowering gives."""

    values: Mapping[str, str]

    def on(self, family: str, interface: str, name: str, default: int = 0) -> int:
        """What is in effect on an interface."""
        every = self._number(f"net.{family}.conf.all.{name}")
        own = self._number(f"net.{family}.conf.{interface}.{name}")
        if every is None and own is None:
            return default
        if own is None:
            return every if every is not None else default
        if every is None:
            return own
        combine = _SECOND.get(f"{family}.{name}")
        return combine(every, own) if combine else own

    def forwards(self, version: int, interface: str) -> bool:
        """Whether packets that come in by this interface are forwarded."""
        if version == 6:
            return self.on("ipv6", interface, "forwarding") != 0 and self._number("net.ipv6.conf.all.forwarding") != 0
        own = self._number(f"net.ipv4.conf.{interface}.forwarding")
        if own is None:
            own = self._number("net.ipv4.conf.all.forwarding")
        return (own if own is not None else self._number("net.ipv4.ip_forward") or 0) != 0

    @property
    def is_ipv6_router(self) -> bool:
        """What the kernel goes by where it chooses among routes."""
        return self._number("net.ipv6.conf.all.forwarding") not in (None, 0)

    def _number(self, key: str) -> int | None:
        text = self.values.get(key)
        if text is None:
            return None
        try:
            return int(text.split()[0], 0)
        except (ValueError, IndexError):
            return None


def unmodelled(node: Node) -> Iterator[str]:
    """The keys that may change what becomes of a packet, and that the verifier does not know."""
    return (key for key, value in node.sysctls if not _is_known(key, value))


@cache
def _is_known(key: str, value: str) -> bool:
    found = _CONF.fullmatch(key)
    if found is not None and found[3] == "disable_ipv6":
        return value == "0"
    if found is not None:
        return found[3] in _WITHOUT_EFFECT or f"{found[1]}.{found[3]}" in _MODELLED
    return key in _PLAIN or _HARMLESS.match(key) is not None
