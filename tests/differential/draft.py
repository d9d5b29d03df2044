"""A lab that is being made up: what the generator decides, and its text in the language."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

Prefix = IPv4Network | IPv6Network

# All nodes of a lab have one image, whatever they are: it is built once for all labs, or those with the same `packages`.
PACKAGES = ("charon-systemd", "conntrack", "libcharon-extra-plugins", "openvpn", "python3-minimal", "socat",
            "strongswan-swanctl", "tinc", "wireguard-go", "wireguard-tools")  # fmt: skip
# Refusals are to be seen, however many are probed at once.
UNLIMITED = ("net.ipv4.icmp_ratelimit", "net.ipv6.icmp.ratelimit")


@dataclass(slots=True)
class Net:
    """A segment. `is_link`: of two ends that it makes itself, so that no text can name it."""

    name: str
    prefixes: tuple[Prefix, ...]
    is_link: bool = False
    ends: list[str] = field(default_factory=list)  # `node.interface`

    def address(self, place: int) -> list[str]:
        """One in each prefix."""
        return [str(prefix[place]) for prefix in self.prefixes]


@dataclass(slots=True)
class Port:
    """An interface: `place` is the node's place in each prefix of the network, `more` in addition; -1: none. `shorter`: its
    netmask has so many bits less than the network's. `link_local`: its link-local address; `lender`: whose it borrows."""

    name: str
    net: Net
    place: int
    more: tuple[int, ...] = ()
    shorter: int = 0
    link_local: str = ""
    lender: str = ""

    @property
    def addresses(self) -> list[str]:
        places = (self.place, *self.more) if self.place >= 0 else ()
        return [address for place in places for address in self.net.address(place)]

    @property
    def written(self) -> str:
        """As the interface's line has them."""
        if self.shorter:
            return ", ".join(f"{one[self.place]}/{one.prefixlen - self.shorter}" for one in self.net.prefixes)
        return ", ".join(self.addresses) or "none"

    @property
    def bare(self) -> str:
        """What a link without prefixes leaves to its interfaces; empty: nothing is said."""
        block = f" {{ unnumbered {self.lender} }}" if self.lender else ""
        return f" {self.link_local}{block}" if self.link_local else block


@dataclass(slots=True)
class Box:
    """A node. `role`: core, gateway, inner, host, switch. `site` is empty for what belongs to none. `asked`: what a filter
    of the node does first of all with questions to a server."""

    name: str
    role: str
    site: str = ""
    ports: list[Port] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    nat: list[str] = field(default_factory=list)
    firewall: list[str] = field(default_factory=list)
    is_stateless: bool = False
    asked: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)  # `tcp/80`

    @property
    def kind(self) -> str:
        return {"host": "host", "switch": "switch"}.get(self.role, "router")

    @property
    def forwards(self) -> bool:
        return self.kind == "router"

    def port(self, name: str) -> Port:
        return next(port for port in self.ports if port.name == name)

    @property
    def addressed(self) -> list[Port]:
        """The interfaces that have addresses."""
        return [port for port in self.ports if port.addresses]

    @property
    def inside(self) -> list[Port]:
        """The interfaces of a gateway on networks of its site."""
        return [port for port in self.ports if port.name != "wan" and not port.net.is_link]


@dataclass(slots=True)
class Tunnel:
    """`ends`: two nodes, more for a segment; `kind`: site (protects networks), host (protects nothing), road (gateway and
    client), device (protects nothing, has addresses), segment (carries a network). `protocol`: the word of its kind;
    `statement`: the head of its block, if that is not the one of kinds without keys; `has_policies`: these choose its
    packets, after source NAT."""

    name: str
    kind: str
    ends: tuple[Box, ...]
    protocol: str
    statement: str = ""
    start: str = "at boot"
    has_policies: bool = False
    protected: tuple[tuple[Net, ...], tuple[Net, ...]] = ((), ())
    lines: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.statement or f"tunnel {self.name} {self.protocol}"


@dataclass(slots=True)
class Draft:
    """`faults`: what was made wrong on purpose; `expected`, `unmet`: lines of its `expect` and its `expect failure`;
    `has_kernel`: the kernel of its nodes has all that tunnels ask for; `packages`: what nodes need beside `PACKAGES`."""

    name: str
    families: tuple[int, ...]
    nets: list[Net] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    tunnels: list[Tunnel] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_overlapping: bool = False
    expected: list[str] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    has_kernel: bool = False
    packages: set[str] = field(default_factory=set)

    def box(self, name: str) -> Box:
        return next(box for box in self.boxes if box.name == name)

    def of(self, *roles: str) -> list[Box]:
        return [box for box in self.boxes if box.role in roles]

    def net(self, name: str) -> Net:
        return next(net for net in self.nets if net.name == name)

    def is_switched(self, net: Net) -> bool:
        """macvlan gives a switch no frame that is for another: such a network is a bridge."""
        return any(port.net is net for switch in self.of("switch") for port in switch.ports)

    def tunnels_of(self, box: Box) -> list[Tunnel]:
        return [tunnel for tunnel in self.tunnels if box in tunnel.ends]


def text(draft: Draft) -> str:
    """The lab's source."""
    lines = [f"lab {draft.name}", *(f"# wrong on purpose: {fault}" for fault in draft.faults), ""]
    lines += [f"image probe {{ packages {', '.join(sorted({*PACKAGES, *draft.packages}))} }}"]
    lines += _block("template common", ["image probe", *(f"sysctl {key} = 0" for key in UNLIMITED)])
    for net in draft.nets:
        prefixes = ", ".join(map(str, net.prefixes))
        driver = " { driver bridge }" if draft.is_switched(net) else ""
        head = f"link {' -- '.join(net.ends)}" if net.is_link else f"network {net.name}"
        lines.append(f"{head} {prefixes}{driver}".rstrip())
    for box in draft.boxes:
        lines += _block(f"{box.kind} {box.name}", _inside(box))
    for tunnel in draft.tunnels:
        lines += _block(tunnel.head, tunnel.lines)
    if draft.expected:
        lines += _block("expect", draft.expected)
    if draft.unmet:
        lines += _block("expect failure", draft.unmet)
    return "\n".join(lines) + "\n"


def _inside(box: Box) -> Iterable[str]:
    yield "use common"
    for port in box.ports:
        if not port.net.is_link:
            addresses = "" if box.kind == "switch" else f" {port.written}"
            yield f"interface {port.name} on {port.net.name}{addresses}"
        elif port.bare:
            yield f"interface {port.name}{port.bare}"
    yield from box.routes
    yield from box.lines
    if box.nat:
        yield from _block("nat", box.nat)
    if box.firewall:
        yield from _block("firewall stateless" if box.is_stateless else "firewall", box.firewall)


def _block(head: str, inside: Iterable[str]) -> list[str]:
    return [f"{head} {{", *(f"  {line}" for line in inside), "}"]
