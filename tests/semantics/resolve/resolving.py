"""Short ways for the tests of this room: a lab from text, resolved, and what was found."""

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.semantics.bindings import Bindings, BoundNode, BoundTunnel
from netdsl.semantics.expand import expand
from netdsl.semantics.load import load_text
from netdsl.semantics.resolve import resolve

NETWORKS = "network lan 10.0.0.0/24\nnetwork wan 192.0.2.0/24\n"
"""Two networks to put nodes on."""
NODES = (
    NETWORKS
    + "router gw { interface on lan .1 ; interface on wan .1 }\n"
    + "host a { interface on lan .2 ; default via gw }\nhost b { interface on wan .7 ; default via gw }\n"
)
"""A host on each side of a router."""
SITES = """
network inet 192.0.2.0/24
network isp  198.51.100.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router isp-r { interface on inet .1 ; interface on isp .1 }
router l { interface on inet .2 ; interface on left .1 ; default via isp-r }
router r { interface on isp .2 ; interface on right .1 ; default via isp-r }
"""
"""Two routers on networks of their own, with a router between them."""


def between(lines: str) -> str:
    """A tunnel of two ends on one network."""
    return NODES + f"ipsec t {{ between gw and b\n{lines}\n}}"


def resolved(text: str) -> Bindings:
    """A lab without an error."""
    diagnostics = Diagnostics()
    bindings = resolve(expand(load_text(f"lab x\n{text}\n".encode(), diagnostics), {}, diagnostics), diagnostics)
    assert [found.message for found in diagnostics if found.is_error] == []
    assert bindings is not None
    return bindings


def found(text: str) -> list[Diagnostic]:
    """The errors of a lab, which has no bindings then."""
    diagnostics = Diagnostics()
    bindings = resolve(expand(load_text(f"lab x\n{text}\n".encode(), diagnostics), {}, diagnostics), diagnostics)
    assert bindings is None
    return [one for one in diagnostics if one.is_error]


def only(text: str) -> Diagnostic:
    (one,) = found(text)
    return one


def codes(text: str) -> list[str]:
    return [one.rule.code for one in found(text)]


def said(text: str) -> tuple[str, str, str, str | None]:
    """The one error: its code, the text that it marks, its message, its help."""
    one = only(text)
    return one.rule.code, one.primary.place.span.text, one.message, one.help


def node(bindings: Bindings, id_: str) -> BoundNode:
    return next(one for one in bindings.nodes.values() if one.id == id_)


def tunnel(bindings: Bindings, id_: str) -> BoundTunnel:
    return next(one for one in bindings.tunnels.values() if one.id == id_)


def addresses(bindings: Bindings, id_: str) -> list[str]:
    """All of a node's addresses, in the order of its interfaces."""
    return [str(one.address) for interface in node(bindings, id_).interfaces for one in interface.addresses]


def routes(bindings: Bindings, id_: str) -> list[str]:
    """A node's routes, as `10.9.0.0/16 via 10.0.0.1 dev lan`."""
    return [f"{one.prefix or 'default'} via {one.next_hop} dev {one.interface}" for one in node(bindings, id_).routes]
