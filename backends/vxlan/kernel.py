"""What the part uses of the kernel."""

from netdsl.payload.part import KernelNeed

_PROBE = ("ip", "link", "add", "probe", "type", "vxlan", "id", "1", "dstport", "4789")

NEEDS = (KernelNeed("VXLAN tunnels", _PROBE, "nodes with such a tunnel do not start"),)
