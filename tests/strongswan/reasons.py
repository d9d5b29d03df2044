"""Why a lab's setting differs from the original's, where netdsl decides it for every lab."""

from tests.strongswan.comparing import Point

_OPENED = "the node opens its children by itself, when the way to the other end is there"
_CLIENTS = "a gateway has a connection for each client, with its address and identity"
_DYNAMIC = "the end's address, which `dynamic` stands for where there is no virtual one"

# a setting, what the original's value begins with, the reason
_REASONS = (
    ("dpd_delay", "0s", "netdsl always looks for a dead peer; 30 s unless the lab says `dpd`"),
    ("unique", "", "one SA for each peer: a peer that starts again replaces it"),
    ("remote revocation", "relaxed", "ends demand a revocation list where the PKI has lists"),
    ("start_action", "", _OPENED),
    ("dpd_action", "", _OPENED),
    ("local_ts", "dynamic", _DYNAMIC),
    ("remote_ts", "dynamic", _DYNAMIC),
    ("remote_addrs", "%any", _CLIENTS),
    ("remote id", "%any", _CLIENTS),
    ("pools", "", "each client has an address of the pool that is known when the lab is compiled"),
    ("local_addrs", "%any", "an end's own address is always written"),
    ("local id", "%any", "the identity is written where strongSwan takes the address or the certificate's subject"),
    ("local auth", "eap", "the client names the EAP method, where the original takes the one that it is asked for"),
    ("local eap_id", "", "the EAP identity is always written"),
    ("remote eap_id", "", "the EAP identity is always asked for"),
    ("reauth_time", "", "an end is authenticated once; `rekey ike` makes new keys without it"),
)


def reason(point: Point) -> str | None:
    """A sentence; None where the lab itself has to say why (a comment of its own)."""
    for setting, original, sentence in _REASONS:
        if point.setting == setting and point.original.startswith(original):
            return sentence
    return None
