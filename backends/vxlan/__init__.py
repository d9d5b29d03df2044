"""VXLAN in a node: by the kernel."""
