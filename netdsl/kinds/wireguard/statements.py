"""The words of WireGuard."""

from netdsl.kinds.wireguard.tree import Wireguard
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

WORD = "wireguard"
_BLOCK = (WORD,)
_SIDES = (f"{WORD} gateway", f"{WORD} client")

STATEMENTS = (
    Description(WORD, Wireguard, (FILE,), ("between", "gateway", "client", "over", "at"), declares=ElementKind.TUNNEL),
    Description("addresses", Attribute, (*_BLOCK, *_SIDES), for_nodes=_BLOCK),
    Description("mtu", Attribute, _BLOCK, is_single=True),
    Description("memory", Attribute, _BLOCK, is_single=True),
    Description("relay", Attribute, _BLOCK, is_single=True),
    Description("psk", Attribute, _BLOCK, is_single=True),
    Description("listen", Attribute, (*_BLOCK, *_SIDES), is_single=True, for_nodes=_BLOCK),
    Description("keepalive", Attribute, (*_BLOCK, *_SIDES), is_single=True, for_nodes=_BLOCK),
)
_KEYS = "keys are made once, and kept with the lab's credentials"
_PROTECTING = "`protecting NETWORK`, of the end that has the networks"
FOREIGN_WORDS = {
    "wg": "`wireguard NAME { … }`",
    "allowedips": _PROTECTING,
    "allowed-ips": _PROTECTING,
    "privatekey": _KEYS,
    "private-key": _KEYS,
    "presharedkey": "`psk yes`",
    "preshared-key": "`psk yes`",
    "listenport": "`listen udp/PORT`",
    "listen-port": "`listen udp/PORT`",
    "persistentkeepalive": "`keepalive 25s`",
    "persistent-keepalive": "`keepalive 25s`",
    "endpoint": "`at ADDRESS for NODE`, where it is not the node's own address",
}
INNER_WORDS: dict[str, str] = {}
