"""WireGuard in a node: by the kernel, or by wireguard-go."""
