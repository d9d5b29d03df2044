"""What a person asks in words, `a.client-1` `server.lan` `tcp/8080`, as what `predict` takes."""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import ip_address

from netdsl.dataclass import dataclass
from netdsl.diagnostics.suggest import closest, did_you_mean
from netdsl.ir.expectation import Goal
from netdsl.ir.ids import Address, NetworkId, NodeId, TunnelId
from netdsl.ir.kind_names import named_services
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.service import PortService, Protocol
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.semantics.literals import Problem, kind_of_text, literal_value
from netdsl.syntax.tree import Kind
from netdsl.verify.goals import targets

PING = ("icmp", "ping")
_PORTED = (Protocol.TCP, Protocol.UDP)


class BadQuestion(ValueError):
    """A name that the lab does not have, a service that is none, or too much at once; the text says what there is
    instead."""


@dataclass(frozen=True, slots=True)
class Question:
    """One packet. `service` None: a ping. `others`: the addresses under which the same node could have been asked too."""

    source: NodeId
    destination: Address
    service: PortService | None
    others: tuple[Address, ...] = ()


def question(
    world: World, source: str, destination: str, service: str | None = None, *, family: int | None = None
) -> Question:
    """`source` a node; `destination` a node, `NODE.INTERFACE`, `TUNNEL.NODE`, `NODE@NETWORK`, `NODE.SERVICE`, a network
    with one other node, or an address; `service` `tcp/8080`, a known name (`http`), a name that the lab gives to ports, the
    name of a service of the destination, or `icmp`. `family` 4 or 6 where a node has both.

    Of several addresses that is taken which is near the source, of a family that the source has. Raises BadQuestion.
    """
    asker = node_of(world.lab, source)
    addresses, named = _destination(world, asker, destination, family)
    own = {given.version for given in world.view(asker).node.addresses}
    fitting = [address for address in addresses if address.version in own]
    first = (fitting or addresses)[0]
    if named is not None and service is not None:
        raise BadQuestion(f"`{destination}` names a service already; `{service}` is one too many")
    if named is None and service is not None:
        named = _service(world, first, service)
    return Question(asker, first, named, tuple(address for address in addresses if address != first))


def world_of(lab: Lab, *, esp: Esp = Esp.KERNEL, down: Iterable[str] = (), up: Iterable[str] = ()) -> World:
    """The lab while tunnels (or networks, links among them) are down, and tunnels that wait for a hand are up.

    Raises BadQuestion.
    """
    networks = {network.id for network in lab.networks}
    down = tuple(down)
    cut = [NetworkId(name) for name in down if name in networks]
    held = [_tunnel(lab, name, networks) for name in down if name not in networks]
    return World(lab, esp, held=held, forced=[_tunnel(lab, name, set()) for name in up], cut=cut)


def node_of(lab: Lab, name: str) -> NodeId:
    """A node that sends and takes packets. Raises BadQuestion."""
    names = _names(lab)
    if name not in names:
        raise BadQuestion(f"there is no node `{name}`" + _hint(name, names))
    if names[name].kind.bridges:
        raise BadQuestion(f"`{name}` is a switch, which sends no packets of its own")
    return names[name].id


def nodes_of(lab: Lab, names: Iterable[str]) -> tuple[NodeId, ...]:
    """Nodes by their names, by patterns (`*` is any part of a name), or by a network that they are on; switches left out.

    Raises BadQuestion for a name that finds nobody.
    """
    ends = [node for node in lab.nodes if not node.kind.bridges]
    found: dict[NodeId, None] = {}
    for name in names:
        if "*" in name:
            fitting = [node for node in ends if fnmatchcase(node.id, name.replace("[", "[[]"))]
        else:
            fitting = [node for node in ends if any(one.network == name for one in node.interfaces)]
        found.update((node.id, None) for node in fitting)
        if not fitting and "*" in name:
            raise BadQuestion(f"no node is called like `{name}`" + _hint(name, _names(lab)))
        if not fitting:
            found[node_of(lab, name)] = None
    return tuple(found)


def _names(lab: Lab) -> dict[str, Node]:
    return {node.id: node for node in lab.nodes}


def _hint(name: str, known: Iterable[str]) -> str:
    known = tuple(known)
    near = did_you_mean(name, known)
    if near is not None:
        return f": {near}"
    return f": there are {', '.join(f'`{one}`' for one in known)}" if 0 < len(known) <= 12 else ""


def _tunnel(lab: Lab, name: str, networks: set[NetworkId]) -> TunnelId:
    tunnels = dict.fromkeys(end.tunnel for node in lab.nodes for end in node.tunnels)
    for tunnel in tunnels:
        if tunnel == name:
            return tunnel
    what = "tunnel, network or link" if networks else "tunnel"
    raise BadQuestion(f"there is no {what} `{name}`" + _hint(name, (*tunnels, *networks)))


# --- the destination


def _destination(
    world: World, asker: NodeId, text: str, family: int | None
) -> tuple[tuple[Address, ...], PortService | None]:
    address = _address(text)
    if address is not None:
        return (address,), None
    goal, service = _goal(world.lab, text)
    found = targets(world, asker, _of_family(goal, family))
    addresses = found[0].addresses if found else ()
    fitting = tuple(one for one in addresses if family in (None, one.version) and not one.is_loopback)
    if not fitting:
        raise BadQuestion(f"`{text}` has no {'' if family is None else f'IPv{family} '}address")
    if len(found) > 1:
        members = ", ".join(f"`{target.node}@{text}`" for target in found[:12])
        raise BadQuestion(f"`{text}` is a network of {len(found)} other nodes; one of them is {members}")
    return fitting, service


def _of_family(goal: Goal, family: int | None) -> Goal:
    return replace(goal, family=family)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _goal(lab: Lab, text: str) -> tuple[Goal, PortService | None]:
    names, networks = _names(lab), {network.id for network in lab.networks}
    if text in names:
        return Goal(node=node_of(lab, text)), None
    if text in networks:
        return Goal(network=NetworkId(text)), None
    member, at, network = text.partition("@")
    if at:
        return _member(lab, node_of(lab, member), network), None
    inside = _inside(lab, text)
    if inside is not None:
        return inside, None
    owner = _owner(text, names)
    if owner is None:
        raise BadQuestion(f"there is no node, network or address `{text}`" + _hint(text, (*names, *networks)))
    part = text.removeprefix(f"{owner.id}.")
    if any(interface.name == part for interface in owner.interfaces):
        return Goal(node=owner.id, interface=part), None
    for served in owner.services:
        if served.name == part:
            return Goal(node=owner.id), served.service
    own = [*(one.name for one in owner.interfaces), *(served.name for served in owner.services)]
    parts = [f"{owner.id}.{name}" for name in own]
    raise BadQuestion(f"`{owner.id}` has no interface or service `{part}`" + _hint(text, parts))


def _inside(lab: Lab, text: str) -> Goal | None:
    """`TUNNEL.NODE`, the node by its name in the tunnel's scope or by its whole one."""
    for node in lab.nodes:
        for end in node.tunnels:
            scope, dot, _ = end.tunnel.rpartition(".")
            if text in (f"{end.tunnel}.{node.id}", f"{end.tunnel}.{node.id.removeprefix(scope + dot)}"):
                return Goal(node=node.id, tunnel=end.tunnel)
    return None


def _owner(text: str, names: dict[str, Node]) -> Node | None:
    """The node whose part is meant: names have dots themselves."""
    head = text
    while "." in head:
        head = head.rpartition(".")[0]
        if head in names:
            return names[head]
    return None


def _member(lab: Lab, node: NodeId, network: str) -> Goal:
    own = [interface for interface in _names(lab)[node].interfaces if interface.network == network]
    if not own:
        touched = dict.fromkeys(interface.network for interface in _names(lab)[node].interfaces)
        raise BadQuestion(f"`{node}` is not on `{network}`" + _hint(network, touched))
    return Goal(node=node, interface=own[0].name)


# --- the service


def service_of(text: str, lab: Lab | None = None) -> PortService | None:
    """`tcp/8080`, `icmp/echo-reply`, `http`, `dns` (the first of its ports), `icmp` (None: a ping), a name that the lab
    gives to ports (its first too). Raises BadQuestion."""
    own = {} if lab is None else dict(lab.services)
    if own.get(text):
        return _one_port(text, own[text][0])
    if text in PING:
        return None
    if text in named_services():
        return _one_port(text, named_services()[text][0])
    if kind_of_text(text) is Kind.SERVICE:
        value = literal_value(Kind.SERVICE, text)
        if isinstance(value, PortService):
            return _one_port(text, value)
        if isinstance(value, Problem):
            raise BadQuestion(value.message + (f": {value.help}" if value.help else ""))
    if text.isdecimal():
        raise BadQuestion(f"`{text}` is no service: did you mean `tcp/{text}`?")
    protocol, _, rest = text.partition("/")
    near = closest(protocol, (*named_services(), *own))
    meant = text if near is None else f"{near}/{rest}" if rest else near
    hint = "one looks like `tcp/8080`" if meant == text else f"did you mean `{meant}`?"
    raise BadQuestion(f"there is no service `{text}`: {hint}")


def _one_port(text: str, service: PortService) -> PortService:
    if service.protocol in _PORTED and service.first is None:
        raise BadQuestion(f"`{text}` needs a port: `{service.protocol}/8080`")
    if service.first != service.last:
        raise BadQuestion(f"`{text}` is more than one port; name one, as `{service.protocol}/{service.first}`")
    return service


def _service(world: World, address: Address, text: str) -> PortService | None:
    for node in world.fabric.addresses.get(address, ()):
        for served in world.view(node).node.services:
            if served.name == text:
                return served.service
    return service_of(text, world.lab)
