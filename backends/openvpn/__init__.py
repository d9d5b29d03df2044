"""OpenVPN in a node: a daemon for each tunnel, with a device that outlives it."""
