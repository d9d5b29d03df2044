"""The words of VXLAN."""

from netdsl.kinds.vxlan.tree import Vxlan
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

WORD = "tunnel vxlan"
_BLOCK = (WORD,)

STATEMENTS = (
    Description(
        WORD, Vxlan, (FILE,), ("between", "over", "at"), declares=ElementKind.TUNNEL, shown="tunnel NAME vxlan"
    ),
    Description("carries", Attribute, _BLOCK, is_single=True),
    Description("vni", Attribute, _BLOCK, is_single=True),
    Description("port", Attribute, _BLOCK, is_single=True),
    Description("ttl", Attribute, _BLOCK, is_single=True),
    Description("mtu", Attribute, _BLOCK, is_single=True),
)
FOREIGN_WORDS = {
    "dstport": "`port N`",
    "id": "`vni N`",
    "carry": "`carries NETWORK`",
}
INNER_WORDS: dict[str, str] = {}
