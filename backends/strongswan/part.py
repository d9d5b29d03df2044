"""The payload part: which files a node with tunnels has, and what it needs of its envelope."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import AuthMethod, Child, Mode, Start, TunnelEnd
from netdsl.kinds.ipsec.ir import child_inside, end_inside, ends_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.quoting import flat, tsv

from .probe import probe_lines
from .swanctl import child_name, swanctl_conf

_PACKAGES = ("charon-systemd", "conntrack", "libcharon-extra-plugins", "strongswan-swanctl")
_PATIENCE = 5  # seconds that the end which does not begin leaves to the other
_EAP = frozenset({AuthMethod.EAP_MSCHAPV2, AuthMethod.EAP_TLS})
_EAP_PACKAGES = ("libcharon-extauth-plugins",)
_START_WORDS = {Start.BOOT: "boot", Start.TRAFFIC: "traffic", Start.HAND: "hand", Start.NONE: "hand"}
_NOTHING = Needs((), (), ())


class StrongswanPart:
    """IPsec by strongSwan: `swanctl.conf`, `tunnels.tsv`, `esp-probe.batch` (the payload's README has the formats)."""

    def files(self, node: Node, lab: Lab) -> tuple[PayloadFile, ...]:
        ends = ends_of(node.tunnels)
        if not ends:
            return ()
        table = "".join(_record(end, child, lab) for end in ends for child in end.children)
        probe = "".join(f"{line}\n" for line in probe_lines(node))
        return (
            PayloadFile("swanctl.conf", swanctl_conf(node, lab).encode()),
            PayloadFile("tunnels.tsv", table.encode()),
            PayloadFile("esp-probe.batch", probe.encode()),
        )

    def needs(self, node: Node) -> Needs:
        insides = [end_inside(end) for end in ends_of(node.tunnels)]
        if not insides:
            return _NOTHING
        methods = {auth.method for inside in insides for auth in (*inside.own_auth, *inside.peer_auth)}
        packages = (*_PACKAGES, *_EAP_PACKAGES) if methods & _EAP else _PACKAGES
        return Needs(packages, ("NET_ADMIN", "NET_BIND_SERVICE"), ("/dev/net/tun",))


def _record(end: TunnelEnd, child: Child, lab: Lab) -> str:
    is_answering = child.start is Start.NONE or not end.peer_addresses
    patience = "never" if is_answering else 0 if child.is_initiator else _PATIENCE
    esp = "kernel" if child.mode is Mode.TRANSPORT or child_inside(child).protocol == "ah" else "any"
    ready = "no"
    if child.start is Start.BOOT:
        ready = "may" if lab.is_meant_to_fail or is_answering else "must"
    return tsv(
        flat(end.tunnel),
        flat(end.connection),
        child_name(end, child),
        _START_WORDS[child.start],
        patience,
        end_inside(end).dpd_action.value,
        esp,
        ready,
        f"{flat(end.tunnel)}.{child.name}",
    )


part = StrongswanPart()
