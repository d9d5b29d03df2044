"""Names that IPsec keeps for itself, and words of other tools for its services."""

from netdsl.kinds.ipsec.ir import DEVICE

INTERFACES = (DEVICE,)
FOREIGN_SERVICES = {"ipsec": "ike, esp", "isakmp": "ike"}
