"""`radius NODE`: the server that a gateway asks about the EAP of its clients."""

from collections.abc import Iterator, Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, host_name
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import SharedSecret
from netdsl.kinds.ipsec.bindings import BoundAuth
from netdsl.kinds.ipsec.catalogue import AUTH_MISMATCH
from netdsl.kinds.ipsec.ir import AuthMethod, Radius
from netdsl.semantics.bindings import BoundCertificate, BoundServer
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ends import Members
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import NodeDraft, Work

SERVICE = "radius"
METHODS = (AuthMethod.EAP_MD5, AuthMethod.EAP_MSCHAPV2, AuthMethod.EAP_TTLS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the gateway has to know of its server, and the server of the tunnel."""

    radius: Radius
    server: BoundServer


def radius(block: Block, members: Members, auth: Mapping[NodeId, BoundAuth], work: Work) -> Asked | None:
    """None where there is no such line, or once reported."""
    line = block.attribute(SERVICE)
    placed = attributes.only_value(line, work.diagnostics)
    if line is None or placed is None:
        return None
    node = work.node(placed)
    if node is None or members.gateway is None:
        if node is not None:
            advice = "`gateway` and `client` in place of `between`"
            _report("`radius` is for a gateway, this tunnel has none", advice, line[1], work)
        return None
    clients = {one: rounds for one, rounds in auth.items() if any(each.method.is_eap for each in rounds.rounds)}
    service = next((one.service for one in node.services if one.kind == SERVICE), None)
    problem = _problem(node, service, clients, members)
    if problem is not None:
        _report(*problem, line[1], work)
    gateway = work.nodes[members.gateway]
    address = _address(node, gateway)
    if problem is not None or service is None or service.first is None or address is None:
        return None
    name = f"radius@{host_name(gateway.id)}@{host_name(node.id)}"
    shared = SharedSecret(name, SERVICE, tuple(map(str, _addresses(gateway))))
    shown = next((one.pki for one in auth[gateway.id].rounds if one.pki is not None), None)
    is_showing = any(one.method is AuthMethod.EAP_TTLS for first in clients.values() for one in first.rounds)
    certificate = BoundCertificate(shown, None) if shown is not None and is_showing else None
    secrets = (shared, *_accounts(clients))
    server = BoundServer(node.id, service, address, secrets, certificate)
    return Asked(Radius(node.id, address, service.first, name, shared.owners), server)


def account(node: NodeId, auth: BoundAuth) -> SharedSecret:
    """What a client proves by EAP: its name and its secret. One that is made is the same in all its tunnels."""
    return SharedSecret(f"eap@{node}", auth.method, (auth.identity or host_name(node),), auth.secret)


def _accounts(clients: Mapping[NodeId, BoundAuth]) -> Iterator[SharedSecret]:
    for node, first in clients.items():
        yield from (account(node, one) for one in first.rounds if one.method.has_password)


def _problem(
    node: NodeDraft, service: PortService | None, clients: Mapping[NodeId, BoundAuth], members: Members
) -> tuple[str, str] | None:
    if node.id in members.nodes:
        return f"`{node.id}` is an end of the tunnel itself", "the server is another node"
    if service is None:
        return f"`{node.id}` serves no `radius`", f"`serve radius` in `{node.id}`"
    if not clients:
        return f"no client of `{members.tunnel}` authenticates by EAP", "as in `auth eap-md5 for NODE`"
    for client, first in clients.items():
        for one in first.rounds:
            if one.method.is_eap and one.method not in METHODS:
                known = ", ".join(f"`{method}`" for method in METHODS)
                return f"the server does not know `{one.method}`, which `{client}` has", f"one of {known}"
    return None


def _report(message: str, advice: str, item: Item, work: Work) -> None:
    work.diagnostics.report(AUTH_MISMATCH, message, item.place, help=advice)


def _addresses(node: NodeDraft) -> list[Address]:
    return [*node.addresses, *(placed.value.ip for placed in node.loopbacks)]


def _address(server: NodeDraft, gateway: NodeDraft) -> Address | None:
    """On a network that both are on, else the first of a family that the gateway has."""
    own = [bound.address for interface in gateway.interfaces.values() for bound in interface.addresses]
    families = {address.version for address in own}
    found = [address for address in _addresses(server) if address.version in families]
    near = (address for address in found if any(address in mine.network for mine in own))
    return next(near, found[0] if found else None)
