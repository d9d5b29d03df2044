"""The kinds of services that the part has."""

from netdsl.ir.service import Protocol, ServiceKind

SERVICES = (ServiceKind("ocsp", Protocol.TCP, 2560, is_responder=True, is_silent=True),)
