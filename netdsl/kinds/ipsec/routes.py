"""The daemon's own routes, one for each prefix behind a tunnel that is up, in a table that is asked before `main`."""

from collections.abc import Iterator, Mapping

from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.node import Route
from netdsl.ir.prefixes import in_any
from netdsl.kinds.ipsec.ir import DEVICE, KIND, bypassed
from netdsl.lower.directory import Directory
from netdsl.packets.fabric import Fabric
from netdsl.packets.routes import RoutingTable
from netdsl.packets.steering import Association, Policy
from netdsl.packets.tunnels import TunnelStates
from netdsl.packets.view import View

_TABLE = 219  # backends/strongswan/updown.sh


def written(directory: Directory) -> Mapping[NodeId, tuple[Route, ...]]:
    return {}


def learned(fabric: Fabric, tunnels: TunnelStates) -> Mapping[NodeId, tuple[RoutingTable, ...]]:
    """User space's ESP sends what it has encapsulated with a mark, which the table's rule leaves out."""
    found: dict[NodeId, tuple[RoutingTable, ...]] = {}
    for view in fabric.views.values():
        if view.policies:
            ends = [end for end in view.node.tunnels if end.kind == KIND]
            virtual = [address for end in ends for address in tunnels.virtual.get((end.tunnel, view.id), ())]
            routes = tuple(_routes(view, virtual, is_user_space=fabric.is_user_space))
            is_marked, past = fabric.is_user_space, bypassed(view.node.tunnels)
            found[view.id] = (RoutingTable(routes, "ipsec", _TABLE, leaves_out_marked=is_marked, leaves_out=past),)
    return found


def _routes(view: View, virtual: list[Address], *, is_user_space: bool) -> Iterator[Route]:
    """One for each remote prefix, as updown.sh makes them: by the way of the last child that is up, in the node's order,
    from the node's first address that lies inside a local selector of any. Without one the kernel's ESP has no such
    route; in user space it is the node's first address. The kernel's ESP has none for selectors of a protocol
    (kernel_netlink_ipsec.c, add_policy_internal)."""
    own = [*view.node.addresses, *virtual]
    names = ((end.connection, child.name) for end in view.node.tunnels for child in end.children)
    rank = {name: at for at, name in enumerate(names)}
    children: dict[Prefix, list[tuple[tuple[Prefix, ...], Association, Policy]]] = {}
    for policy in sorted(view.policies, key=lambda one: rank[one.end.connection, one.child.name]):
        if (policy.child.only_local or policy.child.only_remote) and not is_user_space:
            continue
        for prefix in policy.remote if policy.is_tunnel and policy.association is not None else ():
            local = tuple(each for each in policy.local if each.version == prefix.version)
            if local and policy.association is not None:
                children.setdefault(prefix, []).append((local, policy.association, policy))
    for prefix, leading in children.items():
        source = next((each for each in own if any(in_any(each, local) for local, *_ in leading)), None)
        _, association, policy = leading[-1]
        outer = view.main.find(association.remote)
        if is_user_space:
            source = source or next((each for each in own if each.version == prefix.version), None)
            yield Route(prefix, None, DEVICE, source, is_automatic=True, origin=policy.end.origin)
        elif source is not None and outer is not None:
            # of the other family than the way there it has no gateway (measured), and needs none: ESP goes to the peer
            gateway = outer.gateway or association.remote if prefix.version == association.remote.version else None
            yield Route(prefix, gateway, outer.interface, source, is_automatic=True, origin=policy.end.origin)
