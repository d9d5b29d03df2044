"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

SERVICES = (ServiceKind("radius", Protocol.UDP, 1812, is_silent=True),)  # RFC 2865 §3
