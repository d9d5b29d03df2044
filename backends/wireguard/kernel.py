"""What the part uses of the kernel."""

from netdsl.payload.part import KernelNeed

_PROBE = ("ip", "link", "add", "probe", "type", "wireguard")

NEEDS = (KernelNeed("WireGuard tunnels", _PROBE, "WireGuard runs in user space (/dev/net/tun)"),)
