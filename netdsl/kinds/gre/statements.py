"""The words of GRE."""

from netdsl.kinds.gre.tree import Gre
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

WORD = "tunnel gre"
_BLOCK = (WORD,)

STATEMENTS = (
    Description(WORD, Gre, (FILE,), ("between", "over", "at"), declares=ElementKind.TUNNEL, shown="tunnel NAME gre"),
    Description("key", Attribute, _BLOCK, is_single=True, for_nodes=_BLOCK),
    Description("ttl", Attribute, _BLOCK, is_single=True),
    Description("mtu", Attribute, _BLOCK, is_single=True),
    Description("addresses", Attribute, _BLOCK, for_nodes=_BLOCK),
)
_KEY = "`key N`: of what an end sends, and of what it takes"
FOREIGN_WORDS = {"ikey": _KEY, "okey": _KEY, "local": "`between A and B`", "remote": "`between A and B`"}
INNER_WORDS: dict[str, str] = {}
