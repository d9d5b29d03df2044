"""Tunnels that come up and whose policies in a node take the same packets."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.packets.steering import Policy
from netdsl.packets.view import View
from netdsl.packets.world import World


def check_policies(world: World, diagnostics: Diagnostics) -> None:
    """Of a lab with all tunnels open. The one that came up last has the packets of both, and the kernel does not take what
    comes from the other one (strongSwan: kernel_netlink_ipsec.c, add_policy). Selectors that are written are compared
    before; these are addresses as the node sees them."""
    for view in world.fabric.views.values():
        first: dict[object, Policy] = {}
        for policy in view.policies:
            key = (policy.local, policy.remote, policy.child.only_local, policy.child.only_remote)
            other = first.setdefault(key, policy)
            if policy.association is not None and other.association is not None and other.end is not policy.end:
                _report(view, other, policy, diagnostics)
                break


def _report(view: View, first: Policy, second: Policy, diagnostics: Diagnostics) -> None:
    one, other = first.end, second.end
    if other.origin is None or second.association is None:
        return
    diagnostics.report(
        catalogue.POLICIES_COINCIDE,
        f"`{view.id}` sees `{one.peer}` of `{one.tunnel}` and `{other.peer}` of `{other.tunnel}` as "
        f"{second.association.remote}: the same packets belong to both",
        other.origin,
        related=() if one.origin in (None, other.origin) else (Label(one.origin, "the other one"),),
        help="`mode tunnel` tells them apart, by the addresses that they have themselves or by those of a `pool`",
    )
