"""Short ways for tests of kinds of tunnels: ends as they are lowered, files of a node, the way of a packet."""

from ipaddress import ip_address

from netdsl.credentials.contract import Credentials
from netdsl.diagnostics.core import Diagnostic
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import TunnelEnd
from netdsl.payload.part import parts
from netdsl.payload.render import payload
from netdsl.verify import Packet, Verdict, World, predict
from tests.verify.asking import checked

_SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24, fd00:2::/64
router a {{ interface wan on isp .1 ; interface lan on left .1, ::1 ; {a} }}
router b {{ interface wan on isp .2 ; interface lan on right .1, ::1 ; {b} }}
host pc {{ interface on left .10, ::10 ; default via a }}
host www {{ interface on right .10, ::10 ; default via b ; serve http }}
{tunnel} {{ between a protecting left and b protecting right ; over ipv4 ; addresses 10.9.0.0/30 ; {t} }}
expect {{ {expect} }}
"""


def sites(tunnel: str, *, a: str = "", b: str = "", t: str = "", expect: str = "t is up") -> str:
    """Two sites, with a host each, that the tunnel `t` joins: lines of its ends and of its own, and what is expected."""
    return _SITES.format(tunnel=tunnel, a=a, b=b, t=t, expect=expect)


def findings(text: str) -> list[Diagnostic]:
    return list(checked(text).diagnostics)


def said(text: str) -> tuple[str, str, str, str | None]:
    """The one finding: its code, the text that it marks, its message, its help."""
    found = findings(text)
    assert len(found) == 1, [one.message for one in found]
    (one,) = found
    return one.rule.code, one.primary.place.span.text, one.message, one.help


def lab(text: str) -> Lab:
    """A lab without a finding."""
    found = checked(text)
    assert [one.message for one in found.diagnostics] == []
    assert found.lab is not None
    return found.lab


def end(found: Lab, node: str, tunnel: str, peer: str | None = None) -> TunnelEnd:
    """One end of a tunnel; of several in the node the one to `peer`."""
    of_node = next(one for one in found.nodes if one.id == node).tunnels
    return next(one for one in of_node if one.tunnel == tunnel and peer in (None, one.peer))


def files(found: Lab, node: str) -> dict[str, str]:
    """The data files of a node."""
    inside = payload(found, Credentials({}, None), parts()).nodes[NodeId(node)]
    return {file.path: file.content.decode() for file in inside.files}


def records(found: Lab, node: str, path: str) -> list[list[str]]:
    """Lines of a table of a node."""
    return [line.split("\t") for line in files(found, node)[path].splitlines()]


def outer(verdict: Verdict, network: str) -> list[tuple[str, str, str, int]]:
    """The headers of the request's packet on a network from the outside in: source, destination, protocol, bytes."""
    wires = (wire for hop in verdict.request for wire in hop.wires)
    packet: Packet | None = next(wire.packet for wire in wires if wire.network == network)
    found = []
    while packet is not None:
        found.append((str(packet.source), str(packet.destination), str(packet.protocol), packet.size))
        packet = packet.inner
    return found


def ping(world: World, source: str, destination: str, size: int = 84) -> Verdict:
    return predict(world, NodeId(source), ip_address(destination), None, size=size)
