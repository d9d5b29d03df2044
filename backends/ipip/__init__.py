"""IPIP in a node: by the kernel, or by socat."""
