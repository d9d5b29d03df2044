"""A gateway's questions to its RADIUS server, which has to answer before a client can come in (RFC 3579)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import SharedSecret, TunnelEnd
from netdsl.kinds.ipsec.asking import stopped
from netdsl.kinds.ipsec.ir import Authentication, AuthMethod, end_inside, ends_of
from netdsl.packets.fabric import Fabric
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Failure, Question
from netdsl.packets.view import View

_Password = tuple[str | None, str]  # as the lab says it, and what tells it from others
_NAMED = tuple(method for method in AuthMethod if method.has_password)


def refused(fabric: Fabric, client: TunnelEnd, gateway: TunnelEnd, auth: Authentication) -> str | None:
    """Why the gateway's server does not believe a client. Of several secrets for a name charon proves itself with the last
    one that it has loaded (mem_cred.c, add_shared_unique); FreeRADIUS takes the first one (rlm_files)."""
    radius = end_inside(gateway).radius
    if radius is None:
        return None
    held = (secret for end in ends_of(fabric.views[client.node].node.tunnels) for secret in end.secrets)
    own = _by_owner(held).get(auth.identity, ())
    expected = _known(fabric.views[radius.server]).get(auth.identity, ())
    if not own or not expected or own[-1] == expected[0]:
        return None
    return f"the secrets of `{client.node}` and of the RADIUS server `{radius.server}` for `{auth.identity}` differ"


@lru_cache(maxsize=2)
def _known(server: View) -> Mapping[str, Sequence[_Password]]:
    """A server's, made once for all clients."""
    return _by_owner(secret for one in server.node.services for secret in one.secrets)


def _by_owner(secrets: Iterable[SharedSecret]) -> Mapping[str, Sequence[_Password]]:
    """The passwords for each identity, in their order."""
    found: dict[str, list[_Password]] = {}
    for one in secrets:
        for owner in dict.fromkeys(one.owners) if one.method in _NAMED else ():
            found.setdefault(owner, []).append((one.value, one.value or one.name))
    return found


def question(end: TunnelEnd) -> Question | None:
    """What a gateway asks about its client; None where it asks no server."""
    radius = end_inside(end).radius
    if radius is None:
        return None
    return Question(end.node, radius.server, radius.address, port(Protocol.UDP, radius.port))


def unanswered(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why the gateway of a connection gets no answer from its server; None where it does, or asks none."""
    for end in ends:
        radius, asked = end_inside(end).radius, question(end)
        if radius is None or asked is None:
            continue
        stop = stopped(fabric, asked, standing, radius.asking)
        if stop is not None:
            said = f"`{end.node}` gets no answer from its RADIUS server `{radius.server}`: {stop}"
            return Failure(f"authentication of tunnel `{end.tunnel}` fails: {said}")
    return None
