"""WireGuard: IPv4 and IPv6 encrypted in UDP, one device of a node for any number of peers."""
