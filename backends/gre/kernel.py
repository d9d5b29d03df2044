"""What the part uses of the kernel."""

from netdsl.payload.part import KernelNeed

_PROBE = ("ip", "link", "add", "probe", "type", "gre", "local", "192.0.2.1", "remote", "192.0.2.2")

_WITHOUT = "GRE runs in user space (/dev/net/tun); nodes of a tunnel with `key` do not start"
NEEDS = (KernelNeed("GRE tunnels", _PROBE, _WITHOUT),)
