"""Addresses that a DHCP server gives to those whom it knows."""

from ipaddress import IPv4Address

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId
from netdsl.ir.service import PortService


@dataclass(frozen=True, slots=True)
class Reservation:
    """The address of whoever says this client identifier (option 61, RFC 2132 §9.14), and of no other one."""

    server: NodeId
    service: PortService  # of the server's node
    identifier: bytes
    address: IPv4Address
