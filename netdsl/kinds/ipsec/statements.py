"""The words of IPsec."""

from collections.abc import Sequence

from netdsl.kinds.ipsec import tree
from netdsl.syntax.dead_end import Dead
from netdsl.syntax.description import FILE, Description, ElementKind
from netdsl.syntax.tree import Attribute

_TUNNEL = ("ipsec",)
_BOTH = ("ipsec", "child")
_PROTECTING = "`protecting NETWORKS for NODE`, or `protecting NETWORKS of OTHER for NODE`"


def _proposal(dead: Dead, _read: Sequence[str]) -> str | None:
    """What begins with a digit and is no number: the lexer takes it for nothing. `!` is of ipsec.conf."""
    if dead.word.startswith("!"):
        return "without `!`: nothing but these is proposed"
    if dead.word[:1].isdecimal():
        return f'a proposal that begins with a digit stands in quotes: `"{dead.shown}"`'
    return None


def _identity(dead: Dead, _read: Sequence[str]) -> str | None:
    """An e-mail address or a distinguished name: marks that no word has."""
    return (
        '`identity "ID" for NODE`: an identity with `@`, `=` or blanks stands in quotes'
        if dead.word[:1] in "@="
        else None
    )


def _secret(dead: Dead, read: Sequence[str]) -> str | None:
    return 'a secret stands in quotes: `auth psk "SECRET"`' if read[-1:] == ["psk"] and dead.word.isalnum() else None


_ONLY = "`only SERVICE, …`, or `only SERVICE, … from SERVICE, …` with the ports of the other end"
_DPD = "`dpd 30s restart`: the time, then `trap`, `clear` or `restart`"

STATEMENTS = (
    Description(
        "ipsec", tree.Ipsec, (FILE,), ("between", "gateway", "client", "over", "at"), declares=ElementKind.TUNNEL
    ),
    Description("child", tree.Child, _TUNNEL, ("between",)),
    Description("auth", tree.Auth, _TUNNEL, hint=_secret, has_secret=True),
    Description("identity", tree.Identity, _TUNNEL, shape="`identity ID for NODE`", hint=_identity),
    Description("secret", tree.Secret, _TUNNEL, has_secret=True),
    Description("ike", tree.Proposals, _TUNNEL, for_nodes=_TUNNEL, hint=_proposal),
    Description("esp", tree.Proposals, _BOTH, for_nodes=_BOTH, hint=_proposal),
    Description("ah", tree.Proposals, _BOTH, for_nodes=_BOTH, hint=_proposal),
    Description("mode", tree.Mode, _BOTH, is_single=True, for_nodes=_BOTH),
    Description("only", tree.Only, _BOTH, for_nodes=_BOTH, shape=_ONLY),
    Description("protecting", tree.ProtectingFor, _BOTH, for_nodes=_BOTH, shape=_PROTECTING),
    Description("bypass", tree.Bypass, _TUNNEL, shape="`bypass NETWORKS for NODE`"),
    Description("start", tree.Start, _BOTH, is_single=True, for_nodes=_BOTH),
    Description("rekey", tree.Rekey, _BOTH, for_nodes=_BOTH),
    Description("ipcomp", Attribute, _BOTH, is_single=True, for_nodes=_BOTH),
    Description("copy-dscp", Attribute, _BOTH, is_single=True, for_nodes=_BOTH),
    Description("radius", Attribute, _TUNNEL, is_single=True),
    Description("reauth", Attribute, _TUNNEL, is_single=True, for_nodes=_TUNNEL),
    Description("dpd", tree.Dpd, _TUNNEL, is_single=True, for_nodes=_TUNNEL, shape=_DPD),
    Description("mobike", Attribute, _TUNNEL, is_single=True, for_nodes=_TUNNEL),
    Description("encap", Attribute, _TUNNEL, is_single=True, for_nodes=_TUNNEL),
    Description("pool", tree.Pool, _TUNNEL, shape="`pool PREFIX, …`, or `pool PREFIX, … from NODE` of a DHCP server"),
    Description("farp", Attribute, _TUNNEL, is_single=True, for_nodes=_TUNNEL),
    Description("device", Attribute, _TUNNEL, is_single=True),
    Description("addresses", Attribute, _TUNNEL, for_nodes=_TUNNEL),
    Description("mtu", Attribute, _TUNNEL, is_single=True),
    Description("backup", tree.Backup, _TUNNEL, is_single=True, shape="`backup of TUNNEL`"),
)

FOREIGN_WORDS = {
    "vpn": "`ipsec NAME { between A and B … }`",
    "conn": "`ipsec NAME { between A and B … }`",
    "connection": "`ipsec NAME { between A and B … }`",
    "strongswan": "`ipsec NAME { between A and B … }`",
    "encryption": "`esp PROPOSAL`",
    "shunt": "`bypass NETWORKS for NODE`",
    "crypto": "`ipsec NAME { between A and B … }`",
    "authby": "`auth psk`, or `auth certificate`",
    "keyexchange": "`ike PROPOSAL`: IKEv2 is the only version",
    "auto": "`start at boot`, `start on traffic` or `start by hand`",
    "lifetime": "`rekey esp 1h`",
    "keylife": "`rekey esp 1h`",
    "ikelifetime": "`rekey ike 3h`",
    "dpddelay": "`dpd 30s restart`",
    "dpdaction": "`dpd 30s restart`",
    "leftid": "`identity ID for NODE`",
    "rightid": "`identity ID for NODE`",
    "leftcert": "`auth certificate`",
    "rightcert": "`auth certificate`",
    "leftsourceip": "`pool PREFIX`, with a `gateway` and `client`s",
    "proxyarp": "`farp yes`",
    "proxy-arp": "`farp yes`",
    "leftprotoport": "`only udp/1701 from udp/1701`",
    "rightprotoport": "`only udp/1701 from udp/1701`",
    "rightsourceip": "`pool PREFIX`, with a `gateway` and `client`s; of a DHCP server (`%dhcp`): `pool PREFIX from NODE`",
}

INNER_WORDS = {
    "psk": '`auth psk`, or `auth psk "SECRET"`',
    "certificate": "`auth certificate`",
    "pubkey": "`auth pubkey`",
    "eap-mschapv2": "`auth eap-mschapv2 for NODE`",
    "eap-md5": "`auth eap-md5 for NODE`",
    "eap-tls": "`auth eap-tls for NODE`",
    "eap-ttls": "`auth eap-ttls for NODE`",
}
