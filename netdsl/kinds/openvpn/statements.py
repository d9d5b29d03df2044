"""The words of OpenVPN."""

from netdsl.kinds.openvpn.tree import Openvpn
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

WORD = "openvpn"
_BLOCK = (WORD,)
_SIDES = (f"{WORD} gateway", f"{WORD} client")

STATEMENTS = (
    Description(WORD, Openvpn, (FILE,), ("between", "gateway", "client", "over", "at"), declares=ElementKind.TUNNEL),
    Description("addresses", Attribute, (*_BLOCK, *_SIDES), for_nodes=_BLOCK),
    Description("mtu", Attribute, _BLOCK, is_single=True),
    Description("relay", Attribute, _BLOCK, is_single=True),
    Description("listen", Attribute, (*_BLOCK, f"{WORD} gateway"), is_single=True),
    Description("keepalive", Attribute, (*_BLOCK, *_SIDES), is_single=True, for_nodes=_BLOCK),
    Description("cipher", Attribute, _BLOCK, is_single=True),
    Description("digest", Attribute, _BLOCK, is_single=True),
    Description("authority", Attribute, _BLOCK, is_single=True),
)
_CERTIFICATES = "certificates are made once, and kept with the lab's credentials; `authority PKI` says of which `pki`"
_PROTECTING = "`protecting NETWORK`, of the end that has the networks"
_LISTEN = "`listen udp/PORT` or `listen tcp/PORT`, of the server"
FOREIGN_WORDS = {
    "ovpn": "`openvpn NAME { … }`",
    "ca": _CERTIFICATES,
    "cert": _CERTIFICATES,
    "dh": _CERTIFICATES,
    "pkcs12": _CERTIFICATES,
    "tls-crypt": "its key is made once, and kept with the lab's credentials: control packets always have it",
    "tls-auth": "`tls-crypt` is always in use, with a key that is made once",
    "push": _PROTECTING,
    "iroute": _PROTECTING,
    "iroute-ipv6": _PROTECTING,
    "ifconfig": "`addresses PREFIX`: the ends get its first ones",
    "ifconfig-push": "`addresses PREFIX`: the ends get its first ones",
    "server-ipv6": "`addresses PREFIX`: the ends get its first ones",
    "client-to-client": "`relay yes`",
    "proto": _LISTEN,
    "tcp-nodelay": "over TCP each packet is sent at once",
    "lport": _LISTEN,
    "rport": _LISTEN,
    "dev": "the device of each end is called like the tunnel",
    "data-ciphers": "`cipher aes-256-gcm`",
    "tls-cipher": "`cipher aes-256-gcm` is that of data packets; TLS chooses its own",
    "tun-mtu": "`mtu N`",
    "ping-restart": "`keepalive 5s`",
    "redirect-gateway": "`route 0.0.0.0/0 via TUNNEL.NODE` in the client",
}
INNER_WORDS: dict[str, str] = {}
