"""tinc 1.0: IPv4 and IPv6 encrypted in UDP or TCP, one device of a node for all other ends of a mesh that finds its way."""
