"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

SERVICES = (
    ServiceKind("https", Protocol.TCP, 443, has_certificate=True),
    ServiceKind("tcp", Protocol.TCP, None),
    ServiceKind("udp", Protocol.UDP, None),
)
