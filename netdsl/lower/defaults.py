"""What a lab gets where its source says nothing: one table for each kind of thing."""

MTU = 1500  # bytes: Ethernet's

# --- sysctls: what a node is, and what it would inherit from its machine. `all` stands for every interface; of IPv6
# only what the kernel itself hands on from `all` to each.

SYSCTLS: dict[str, str] = {
    "net.ipv4.conf.all.accept_source_route": "0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv6.conf.all.disable_ipv6": "0",
}
FORWARDING: tuple[str, ...] = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")  # 1 where the node forwards
# Strict reverse-path filtering and user-space ESP go together only with this one (and with a mark set by the filter).
SYSCTLS_OF_TUNNEL_ENDS: dict[str, str] = {"net.ipv4.conf.all.src_valid_mark": "1"}

# --- IP

IP_HEADER: dict[int, int] = {4: 20, 6: 40}  # RFC 791, RFC 8200
TCP_HEADER = 32  # RFC 9293, with the timestamps that Linux sends (net.ipv4.tcp_timestamps; RFC 7323 §3.2, §A)
IPV6_MINIMUM_MTU = 1280  # RFC 8200 §5

# --- certificates: of the PKI that https services show theirs from

SERVICES_ALGORITHM = "ecdsa-p256"
SERVICES_SUBJECT = (("O", "netdsl lab"),)
SERVICES_VALIDITY_DAYS = 3650
