"""What has to come out of a tunnel by a node's policies, and what its policies say of a packet that comes."""

from netdsl.packets.passage import Passage
from netdsl.source import Place


def policy_fault(passage: Passage, what: str, *, is_user_space: bool) -> tuple[str, Place | None] | None:
    """What has to come encrypted, and from which tunnel: why this packet is not taken, and the tunnel's statement.

    The packet is judged as it came, before translation (nf_nat_decode_session). Policies in user space look only at what
    came out of their own tunnels. A tunnel that has a device has no policy.
    """
    view, came, packet = passage.view, passage.came, passage.original
    if came is not None and not came.is_selected:
        came = None
    if not view.policies and came is None:
        return None
    policy = view.policy_in(packet)
    if came is None:
        if policy is None or is_user_space:
            return None
        tunnel = policy.end.tunnel
        return (
            f"tunnel `{tunnel}` at `{view.id}` ({what}) wants {packet} encrypted, and it comes in clear",
            policy.end.origin,
        )
    if policy is None and not came.is_tunnel:
        return None
    if policy is None or (policy.end.tunnel, policy.child.name) != (came.end.tunnel, came.child.name):
        text = f"{packet} comes out of tunnel `{came.end.tunnel}` at `{view.id}`, whose selectors there do not fit it"
        return text, came.end.origin
    return None
