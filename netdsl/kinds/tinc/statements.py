"""The words of tinc."""

from netdsl.kinds.tinc.tree import Tinc
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

WORD = "tinc"
_BLOCK = (WORD,)
_SIDES = (f"{WORD} gateway", f"{WORD} client")

STATEMENTS = (
    Description(WORD, Tinc, (FILE,), ("between", "gateway", "client", "over", "at"), declares=ElementKind.TUNNEL),
    Description("addresses", Attribute, (*_BLOCK, *_SIDES), for_nodes=_BLOCK),
    Description("mtu", Attribute, _BLOCK, is_single=True),
    Description("carries", Attribute, _BLOCK, is_single=True),
    Description("cipher", Attribute, _BLOCK, is_single=True),
    Description("digest", Attribute, _BLOCK, is_single=True),
    Description("mac", Attribute, _BLOCK, is_single=True),
    Description("listen", Attribute, (*_BLOCK, *_SIDES), is_single=True, for_nodes=_BLOCK),
)
_ENDS = "`between A, B and C`, or a `gateway` with `client`s: their daemons connect to one another"
_KEYS = "keys are made once, and kept with the lab's credentials"
_BY_ITSELF = "the data of an end behind address translation go over TCP by themselves"
FOREIGN_WORDS = {
    "tincd": "`tinc NAME { … }`",
    "connectto": _ENDS,
    "subnet": "`protecting NETWORK`, of the end that has the networks",
    "maclength": "`mac BYTES`",
    "tcponly": _BY_ITSELF,
    "indirectdata": _BY_ITSELF,
    "pmtudiscovery": "`mtu N`; unless said, the MTU is what the ways between the ends leave",
    "bindtoaddress": "`between A.INTERFACE and B`",
    "privatekeyfile": _KEYS,
    "publickeyfile": _KEYS,
}
INNER_WORDS: dict[str, str] = {}
