"""What the part uses of the kernel."""

from netdsl.payload.part import KernelNeed

_PROBE = ("ip", "link", "add", "probe", "type", "ipip", "local", "192.0.2.1", "remote", "192.0.2.2")

_WITHOUT = "IPIP runs in user space (/dev/net/tun); nodes of a tunnel with both families inside do not start"
NEEDS = (KernelNeed("IPIP tunnels", _PROBE, _WITHOUT),)
