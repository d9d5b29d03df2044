"""What the part uses of the kernel."""

from netdsl.payload.part import KernelNeed

_STATE = ("ip", "xfrm", "state", "add", "src", "127.0.0.1", "dst", "127.0.0.2", "proto", "esp", "spi", "0x101")
_CIPHER = ("mode", "tunnel", "aead", "rfc4106(gcm(aes))", "0x" + "00" * 36, "128")

_DEVICE = ("ip", "link", "add", "name", "probe", "type", "xfrm", "if_id", "1")

_WITHOUT = (
    "IPsec runs in user space (/dev/net/tun); nodes of a tunnel with transport mode, AH, IPComp, extended sequence numbers "
    "or another thing that only the kernel has do not start"
)
NEEDS = (
    KernelNeed("ESP", (*_STATE, *_CIPHER), _WITHOUT),
    KernelNeed("xfrm interfaces", _DEVICE, "IPsec with `device yes` does not run"),
)
