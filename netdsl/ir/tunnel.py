"""IPsec, seen from one end: everything that this node's IKE daemon has to be told."""

from dataclasses import dataclass, field
from enum import StrEnum

from netdsl.ir.ids import Address, NodeId, PkiId, Prefix, TunnelId
from netdsl.ir.service import PortService
from netdsl.source import Place


class Start(StrEnum):
    """Who opens a child and when; NONE: this end only answers."""

    BOOT = "boot"
    TRAFFIC = "traffic"
    HAND = "hand"
    NONE = "none"


class Mode(StrEnum):
    TUNNEL = "tunnel"
    TRANSPORT = "transport"


class DpdAction(StrEnum):
    TRAP = "trap"
    CLEAR = "clear"
    RESTART = "restart"


class AuthMethod(StrEnum):
    CERTIFICATE = "certificate"
    PSK = "psk"
    EAP_MSCHAPV2 = "eap-mschapv2"
    EAP_TLS = "eap-tls"


@dataclass(frozen=True, slots=True)
class Authentication:
    """How one end proves who it is. `identity` is an IKE identity as swanctl reads it (address, name, e-mail, DN)."""

    method: AuthMethod
    identity: str
    pki: PkiId | None = None


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """A PSK or EAP password; `value` None: made once and kept with the lab, under `name`.

    `owners` are the identities it belongs to.
    """

    name: str  # unique in the lab, stable: the credential store's key, e.g. `sites` or `remote.carol`
    method: AuthMethod
    owners: tuple[str, ...]
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Child:
    """One pair of traffic selectors. Durations in seconds, volumes in bytes; None: the daemon's default."""

    name: str  # unique within the tunnel; the tunnel's own last name for the only, implied child
    local: tuple[Prefix, ...]  # empty: dynamic (the virtual address of a client, or the gateway's answer to it)
    remote: tuple[Prefix, ...]
    mode: Mode
    protocol: str  # "esp" or "ah"
    proposals: tuple[str, ...]
    start: Start
    reqid: int  # fixed, unique in the node: what `through` matches
    only_local: tuple[PortService, ...] = ()  # `only udp/514`: its port is on this end,
    only_remote: tuple[PortService, ...] = ()  # or on the other
    is_initiator: bool = True  # False: opens the child only when the other end has not, for a while
    rekey_seconds: int | None = None
    rekey_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class TunnelEnd:
    """A tunnel as its end `node` sees it: one IKE connection to `peers`.

    `local` is None where the address is not fixed; `peer_addresses` is empty where the peer may come from anywhere.
    `pools` (gateway) are the virtual addresses it gives to clients; `virtual_families` (client) the families asked for.
    """

    tunnel: TunnelId
    connection: str  # name of the connection, unique in the node
    node: NodeId
    peer: NodeId | None  # None: one connection for several clients
    local: Address | None
    peer_addresses: tuple[Address, ...]
    own_auth: tuple[Authentication, ...]
    peer_auth: tuple[Authentication, ...]
    ike_proposals: tuple[str, ...]
    children: tuple[Child, ...]
    dpd_seconds: int
    dpd_action: DpdAction
    mobike: bool = False
    ike_rekey_seconds: int | None = None
    pools: tuple[Prefix, ...] = ()
    virtual_families: tuple[int, ...] = ()  # 4, 6
    secrets: tuple[SharedSecret, ...] = ()
    overhead: int = 0  # bytes that an encapsulated packet grows by, at most
    mtu: int | None = None  # bytes: the largest packet inside, over the smallest link of the way to the peer
    origin: Place | None = field(default=None, compare=False, repr=False)
