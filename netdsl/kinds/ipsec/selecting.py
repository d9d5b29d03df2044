"""What becomes of ports and types in traffic selectors: as IKE has them, and as the kernel's policies do.

A type and its code stand in place of the port, the type in the upper eight bits (RFC 4301, section 4.4.1.1). The kernel's:
strongSwan's kernel_netlink_ipsec.c (ts2ports, ts2selector), Linux' include/net/xfrm.h (xfrm_flowi_sport and _dport).
"""

from collections.abc import Iterable
from dataclasses import replace

from netdsl.ir.icmp import MESSAGES, TYPES
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Child

_OF_ONE_CODE = ("echo-request", "echo-reply", "packet-too-big")


def type_range(name: str, version: int) -> tuple[int, int] | None:
    """The first and the last port that stand for an ICMP message; None: the family has none such."""
    form = MESSAGES[name].form(version)
    if form is None:
        return None
    type_, code = form
    first = TYPES[version][type_] * 256 + (code or 0)
    return first, first if code is not None or name in _OF_ONE_CODE else first + 255


def in_kernel(child: Child) -> Child:
    """A child with what the kernel's policies look at: a range of ports is the smallest one around it that a mask can say,
    a type with the code 0 is the whole type (echo replies have no other code)."""
    return replace(child, only_local=_widened(child.only_local), only_remote=_widened(child.only_remote))


def _widened(services: Iterable[PortService]) -> tuple[PortService, ...]:
    return tuple(dict.fromkeys(map(_in_kernel, services)))


def _in_kernel(service: PortService) -> PortService:
    if service.icmp_type is not None:
        message = MESSAGES[service.icmp_type]
        is_first = any(form is not None and form[1] == 0 for form in (message.v4, message.v6))
        return replace(service, icmp_type=message.type) if is_first else service
    if service.first is None or service.first == service.last:
        return service
    last = service.last or service.first
    free = (1 << (service.first ^ last).bit_length()) - 1
    return replace(service, first=service.first & ~free, last=last | free)
