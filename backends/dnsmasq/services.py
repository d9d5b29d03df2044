"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

DHCP = ServiceKind("dhcp", Protocol.UDP, 67, is_silent=True, gives_addresses=True)  # RFC 2131 §4.1
SERVICES = (ServiceKind("dns", Protocol.UDP, 53, also=(Protocol.TCP,), has_zone=True), DHCP)  # RFC 7766
