"""IPIP: IPv4 and IPv6 in an IP header of either family (RFC 2003, RFC 4213, RFC 2473)."""
