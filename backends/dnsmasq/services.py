"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

SERVICES = (ServiceKind("dns", Protocol.UDP, 53, has_zone=True),)
