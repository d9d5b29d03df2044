"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

SERVICES = (ServiceKind("dns", Protocol.UDP, 53, also=(Protocol.TCP,), has_zone=True),)  # RFC 7766
