"""A gateway's questions to its RADIUS server, which has to answer before a client can come in (RFC 3579)."""

from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.asking import stopped
from netdsl.kinds.ipsec.ir import Authentication, AuthMethod, end_inside, ends_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Failure

_NAMED = tuple(method for method in AuthMethod if method.has_password)


def refused(fabric: Fabric, client: TunnelEnd, gateway: TunnelEnd, auth: Authentication) -> str | None:
    """Why the gateway's server does not believe a client. Of several secrets for a name charon proves itself with the last
    one that it has loaded (mem_cred.c, add_shared_unique); FreeRADIUS takes the first one (rlm_files)."""
    radius = end_inside(gateway).radius
    if radius is None:
        return None
    held = [secret for end in ends_of(fabric.views[client.node].node.tunnels) for secret in end.secrets]
    known = [secret for one in fabric.views[radius.server].node.services for secret in one.secrets]
    own, expected = (
        [(one.value, one.value or one.name) for one in some if one.method in _NAMED and auth.identity in one.owners]
        for some in (held, known)
    )
    if not own or not expected or own[-1] == expected[0]:
        return None
    return f"the secrets of `{client.node}` and of the RADIUS server `{radius.server}` for `{auth.identity}` differ"


def unanswered(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why the gateway of a connection gets no answer from its server; None where it does, or asks none."""
    for end in ends:
        radius = end_inside(end).radius
        if radius is None:
            continue
        target = (radius.address, Protocol.UDP, radius.port)
        stop = stopped(fabric, end.node, radius.server, target, standing, radius.asking)
        if stop is not None:
            said = f"`{end.node}` gets no answer from its RADIUS server `{radius.server}`: {stop}"
            return Failure(f"authentication of tunnel `{end.tunnel}` fails: {said}")
    return None
