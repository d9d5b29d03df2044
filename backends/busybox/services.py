"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

SERVICES = (ServiceKind("http", Protocol.TCP, 80),)
