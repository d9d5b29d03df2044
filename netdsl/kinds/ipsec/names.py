"""Names that IPsec keeps for itself, and words of other tools for its services."""

from netdsl.ir.service import PortService, Protocol, port
from netdsl.kinds.ipsec.ir import AH, DEVICE, ESP, IKE_PORTS

INTERFACES = (DEVICE,)
SERVICES = {
    "ike": tuple(port(Protocol.UDP, number) for number in IKE_PORTS),
    "esp": (PortService(ESP),),
    "ah": (PortService(AH),),
}
FOREIGN_SERVICES = {"ipsec": "ike, esp", "isakmp": "ike"}
