"""The words of IPIP."""

from netdsl.kinds.ipip.tree import Ipip
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

WORD = "tunnel ipip"
_BLOCK = (WORD,)

STATEMENTS = (
    Description(WORD, Ipip, (FILE,), ("between", "over", "at"), declares=ElementKind.TUNNEL, shown="tunnel NAME ipip"),
    Description("ttl", Attribute, _BLOCK, is_single=True),
    Description("mtu", Attribute, _BLOCK, is_single=True),
    Description("addresses", Attribute, _BLOCK, for_nodes=_BLOCK),
)
FOREIGN_WORDS: dict[str, str] = {}
INNER_WORDS: dict[str, str] = {}
