"""Short ways for the tests of machines: a small lab, and what the target `vagrant` makes of it."""

from dataclasses import replace
from ipaddress import ip_interface

from netdsl.backends.vagrant.backend import backend
from netdsl.backends.vagrant.lower import lower
from netdsl.backends.vagrant.model import Machine, Project
from netdsl.backends.vagrant.target import target
from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.credentials.contract import Credentials
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.lab import Lab, TargetSetting
from netdsl.ir.network import Network
from netdsl.ir.node import Interface, Node, NodeKind
from netdsl.payload.render import payload
from netdsl.source import Place, SourceFile, Span

LAN, WAN = NetworkId("a.lan"), NetworkId("wan")
HERE = Place(Span(SourceFile("lab.net", "lab x\n"), 0, 3))
GUEST = (Artifact("machine/guest/install.sh", b"true\n"),)


def an_interface(name: str, network: NetworkId, last: int) -> Interface:
    return Interface(name, network, f"02:6e:64:00:00:{last:02x}", (ip_interface(f"10.0.0.{last}/24"),), 1500)


def a_router(**change: object) -> Node:
    router = Node(
        NodeId("a.gw"),
        "a-gw",
        NodeKind.ROUTER,
        (an_interface("wan", WAN, 1), an_interface("lan", LAN, 2)),
        has_uplink=True,
        uplink_mac="02:6e:64:00:00:09",
        origin=HERE,
    )
    return replace(router, **change)  # type: ignore[arg-type]


def a_host(name: str = "pc", last: int = 3, **change: object) -> Node:
    host = Node(NodeId(name), name, NodeKind.HOST, (an_interface("lan", LAN, last),), origin=HERE)
    return replace(host, **change)  # type: ignore[arg-type]


def a_lab(*nodes: Node, **change: object) -> Lab:
    networks = (Network(LAN, (), 1500, origin=HERE), Network(WAN, (), 9000, origin=HERE))
    lab = Lab("lab", None, networks, nodes or (a_router(), a_host()))
    return replace(lab, **change)  # type: ignore[arg-type]


def project_of(lab: Lab, options: Options | None = None, guest: tuple[Artifact, ...] = GUEST) -> Project:
    return lower(lab, payload(lab, Credentials({}, None), ()), Layout(), options or Options(), guest)


def machine_of(lab: Lab, name: str = "pc", options: Options | None = None) -> Machine:
    return next(machine for machine in project_of(lab, options).machines if machine.name == name)


def settings_of(**settings: str) -> tuple[TargetSetting, ...]:
    return tuple(TargetSetting("vagrant", key.replace("__", "."), value, HERE) for key, value in settings.items())


def files_of(lab: Lab, layout: Layout = Layout(), options: Options | None = None) -> dict[str, bytes]:  # noqa: B008
    made = backend.emit(lab, payload(lab, Credentials({}, None), ()), layout, options or Options())
    return {artifact.path: artifact.content for artifact in made}


def found_in(lab: Lab, options: Options | None = None) -> list[tuple[str, str]]:
    diagnostics = Diagnostics()
    target.check_support(lab, options or Options(), diagnostics)
    return [(found.rule.code, found.message) for found in diagnostics]
