"""GRE: IPv4 and IPv6 in IP protocol 47, over IPv4 or IPv6."""
