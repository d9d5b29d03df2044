"""Rules on DHCP servers that several tunnels, or several clients, ask."""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address, NodeId
from netdsl.kinds.ipsec.bindings import BoundAuth, bound_tunnel
from netdsl.kinds.ipsec.catalogue import POOL_SERVER
from netdsl.kinds.ipsec.identities import client_identifier
from netdsl.kinds.ipsec.ir import LeaseServer
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class _Lease:
    """What a server keeps for one client of a tunnel. `known`: by what it knows the client, where the source decides it."""

    tunnel: BoundTunnel
    client: BoundEnd
    server: LeaseServer
    place: Place
    address: Address
    known: object


def check_leases(tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    _one_server(tunnels, diagnostics)
    of_client: dict[tuple[NodeId, object], _Lease] = {}
    of_address: dict[tuple[NodeId, Address], _Lease] = {}
    for lease in (one for tunnel in tunnels for one in _leases(tunnel)):
        if lease.known is None:
            message = f"`{lease.server.node}` cannot be told the identity of `{lease.client.node}` beforehand"
            advice = f"`identity ID for {lease.client.node}` with a name, an address, a mail address or a subject"
            diagnostics.report(POOL_SERVER, message, lease.client.place, help=advice)
            continue
        other = of_client.setdefault((lease.server.node, lease.known), lease)
        _two(
            lease, other, "knows `{0}` by one identity, and has two addresses for it", "another `identity`", diagnostics
        )
        other = of_address.setdefault((lease.server.node, lease.address), lease)
        _two(lease, other, f"gives {lease.address} to `{{0}}` and to `{{1}}`", "pools that do not overlap", diagnostics)


def _two(lease: _Lease, other: _Lease, text: str, advice: str, diagnostics: Diagnostics) -> None:
    if other is not lease:
        message = f"`{lease.server.node}` {text.format(lease.client.node, other.client.node)}"
        label = Label(other.place, f"in `{other.tunnel.id}`")
        diagnostics.report(POOL_SERVER, message, lease.place, related=(label,), help=f"{advice} in one of the tunnels")


def _one_server(tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    """charon.plugins.dhcp.server is one for all of a gateway's connections."""
    of_gateway: dict[NodeId, BoundTunnel] = {}
    for tunnel in tunnels:
        mine = bound_tunnel(tunnel).leases
        gateway = tunnel.ends[0].node
        first = None if mine is None else bound_tunnel(of_gateway.setdefault(gateway, tunnel)).leases
        if mine is None or first is None or mine.value == first.value:
            continue
        message = f"`{gateway}` asks `{first.value.node}` already, and a gateway asks one DHCP server"
        label = Label(first.place, "the first one")
        diagnostics.report(POOL_SERVER, message, mine.place, related=(label,), help=f"`from {first.value.node}`")


def _leases(tunnel: BoundTunnel) -> Iterator[_Lease]:
    server = bound_tunnel(tunnel).leases
    for client in tunnel.ends[1:] if server is not None else ():
        last = bound_tunnel(tunnel).auth[client.node].rounds[-1]
        for address in client.virtual:
            if address.version == 4 and server is not None:
                yield _Lease(tunnel, client, server.value, server.place, address, _known(client, last))


def _known(client: BoundEnd, auth: BoundAuth) -> object:
    """The same for two identities that are one. One that is not given is the host name, the certificate's subject or the
    outer address (`lower.py`)."""
    if auth.identity is not None:
        return client_identifier(auth.method, auth.identity)
    if auth.method.has_password or auth.pki is not None:
        return client.node, auth.pki
    return client_identifier(auth.method, str(client.outer))
