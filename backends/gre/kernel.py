"""What the part uses of the kernel."""

from netdsl.payload.part import KernelNeed

_PROBE = ("ip", "link", "add", "probe", "type", "gre", "local", "192.0.2.1", "remote", "192.0.2.2")

NEEDS = (KernelNeed("GRE tunnels", _PROBE, "GRE runs in user space (/dev/net/tun)"),)
