"""tinc in a node: a daemon for each tunnel, and its TUN device."""
