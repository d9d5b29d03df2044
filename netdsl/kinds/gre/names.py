"""Names that GRE brings to the language."""

from netdsl.ir.service import PortService
from netdsl.kinds.gre.ir import GRE

INTERFACES = ()
SERVICES = {"gre": (PortService(GRE),)}
FOREIGN_SERVICES: dict[str, str] = {}
