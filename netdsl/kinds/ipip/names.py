"""Names that IPIP brings to the language."""

from netdsl.ir.service import PortService
from netdsl.kinds.ipip.ir import PROTOCOLS

INTERFACES = ()
SERVICES = {"ipip": tuple(map(PortService, PROTOCOLS.values()))}
FOREIGN_SERVICES: dict[str, str] = {}
