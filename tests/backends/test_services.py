"""The parts that serve: which kinds each has, what a node gets of them."""

from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

from netdsl.backends.dnsmasq.part import part as dnsmasq
from netdsl.backends.freeradius.secrets import secret_files
from netdsl.backends.nsd.part import part as nsd
from netdsl.backends.socat.part import part as socat
from netdsl.backends.unbound.part import part as unbound
from netdsl.credentials.contract import Credentials
from netdsl.ir.dns import AddressRecord, Delegation, Forwarder, NameService, Recursion, Role, Zone
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, NodeKind, Served
from netdsl.ir.pki import SERVICES_PKI
from netdsl.ir.service import Protocol, port
from netdsl.ir.service_kinds import service_kinds
from netdsl.ir.tunnel import SharedSecret
from netdsl.payload.contract import Needs
from netdsl.payload.part import parts
from netdsl.payload.render import payload
from tests.compiling import compiled_text
from tests.payload.node import ROOT

WEB, LOG = Served("http", "web", port(Protocol.TCP, 80)), Served("udp", "log", port(Protocol.UDP, 514))
CORP = Zone(
    "corp.example",
    addresses=(
        AddressRecord("corp.example", (ip_address("10.0.0.1"),)),
        AddressRecord("www.corp.example", (ip_address("10.0.0.2"), ip_address("fc00::2"), ip_address("10.0.1.2"))),
    ),
)
FORWARDERS = (
    Forwarder("lab.example", (ip_address("10.0.0.8"),)),
    Forwarder("", (ip_address("10.0.0.9"),)),
)
DNS = Served("dns", "dns", port(Protocol.UDP, 53), NameService(Role.SIMPLE, (CORP,), FORWARDERS))


def _lab(*services: Served) -> Lab:
    nodes = (
        Node(NodeId("a.s"), "a-s", NodeKind.HOST, (), services=services),
        Node(NodeId("b"), "b", NodeKind.HOST, ()),
    )
    return Lab("lab", None, (), nodes)


def test_each_kind_is_one_parts() -> None:
    assert list(service_kinds()) == ["http", "https", "tcp", "udp", "dns", "dhcp", "radius", "ocsp"]


def test_services_stand_in_the_nodes_order_each_with_its_part() -> None:
    inside = payload(_lab(LOG, WEB), Credentials({}, None), parts())
    files = {file.path: file.content.decode() for file in inside.nodes[NodeId("a.s")].files}
    assert files["services.tsv"] == "udp\ta.s.log\tudp\t514\tsocat\nhttp\ta.s.web\ttcp\t80\tbusybox\n"
    assert files["parts"] == "nftables\nbusybox\nsocat\n"
    assert "socat" in inside.nodes[NodeId("a.s")].needs.packages


def test_who_answers_datagrams_knows_the_addresses_that_a_tunnel_gives_it(tmp_path: Path) -> None:
    text = """lab pool
network wan 192.0.2.0/24
network corp 10.1.0.0/24
router gw { interface wan on wan .1 ; interface lan on corp .1 ; serve udp udp/514 }
host a { interface eth on wan .2 ; serve udp udp/514 }
host b { interface eth on wan .3 ; serve tcp tcp/7 }
ipsec rw { gateway gw.wan protecting corp ; client a, b ; pool 10.3.0.0/28, fc00:3::/64 ; auth psk }
"""
    files = compiled_text(text, tmp_path / "credentials").files
    assert files is not None
    later = {path: content for path, content in files.items() if path.endswith("socat-later.tsv")}
    assert later == {"payload/nodes/a/socat-later.tsv": b"4\t10.3.0.1\n6\tfc00:3::1\n"}


def test_only_nodes_that_use_a_part_have_it_and_only_labs_with_such_a_node() -> None:
    inside = payload(_lab(WEB), Credentials({}, None), parts())
    assert {file.path for file in inside.shared if "/" in file.path} == {
        "nftables/part.sh", "nftables/guard.nft", "busybox/part.sh",
    }  # fmt: skip
    other = {file.path: file.content for file in inside.nodes[NodeId("b")].files}
    assert other["parts"] == b"nftables\n"
    assert "services.tsv" not in other


def test_a_part_of_another_node_does_not_change_a_nodes_digest() -> None:
    with_dns, without = (payload(_lab(*some), Credentials({}, None), parts()) for some in ((DNS,), ()))
    assert with_dns.nodes[NodeId("b")].digest == without.nodes[NodeId("b")].digest
    assert with_dns.nodes[NodeId("a.s")].digest != without.nodes[NodeId("a.s")].digest


def test_a_zone_is_answered_from_its_records_and_from_nowhere_else() -> None:
    (file,) = dnsmasq.share(_lab(DNS).nodes[0], _lab(DNS)).files
    assert file.path == "dnsmasq/53.conf"
    assert file.content.decode() == (
        "local=/corp.example/\n"
        "host-record=corp.example,10.0.0.1\n"
        "host-record=www.corp.example,10.0.0.2,fc00::2\n"
        "host-record=www.corp.example,10.0.1.2\n"
        "server=/lab.example/10.0.0.8\n"
        "server=10.0.0.9\n"
        "local=/invalid/\n"
    )


ROOT_ZONE = Zone(
    "", ("a",), (AddressRecord("a", (ip_address("10.0.0.1"),)),), delegations=(Delegation("example", ("ns.example",)),)
)


def test_an_authoritative_server_has_its_zones_and_the_nodes_addresses() -> None:
    service = Served("dns", "dns", port(Protocol.UDP, 53), NameService(Role.AUTHORITATIVE, (ROOT_ZONE,)))
    node = Node(NodeId("a"), "a", NodeKind.HOST, (), (ip_interface("10.0.0.1/32"),), services=(service,))
    share = nsd.share(node, Lab("lab", None, (), (node,)))
    assert share is not None
    assert share.needs == Needs(packages=("nsd",))
    assert {file.path: file.content.decode() for file in share.files} == {
        "nsd/53/nsd.conf": (
            "server:\nport: 53\nip-address: 127.0.0.1\nip-address: ::1\nip-address: 10.0.0.1\n"
            'zone:\nname: "."\nzonefile: "1.zone"\n'
        ),
        "nsd/53/1.zone": (
            ". 0 IN SOA a. hostmaster. 1 3600 600 86400 0\n. 0 IN NS a.\nexample. 0 IN NS ns.example.\na. 0 IN A 10.0.0.1\n"
        ),
    }
    assert dnsmasq.share(node, Lab("lab", None, (), (node,))) is None


def test_a_recursive_server_begins_at_the_labs_root_and_answers_its_clients() -> None:
    recursion = Recursion((AddressRecord("a", (ip_address("10.0.0.1"),)),), (ip_network("10.0.0.0/24"),))
    forwarders = (Forwarder("corp.example", (ip_address("10.0.0.3"),)),)
    service = Served("dns", "dns", port(Protocol.UDP, 53), NameService(Role.RECURSIVE, (), forwarders, recursion))
    share = unbound.share(_lab(service).nodes[0], _lab(service))
    assert share is not None
    assert share.needs == Needs(packages=("unbound",))
    assert {file.path: file.content.decode() for file in share.files} == {
        "unbound/53/unbound.conf": (
            "server:\nport: 53\naccess-control: 10.0.0.0/24 allow\n"
            'forward-zone:\nname: "corp.example."\nforward-addr: 10.0.0.3\n'
        ),
        "unbound/53/hints": ". 0 IN NS a.\na. 0 IN A 10.0.0.1\n",
    }


def test_recursion_for_nobody_in_particular_is_for_all_and_without_roots_has_no_hints() -> None:
    service = Served("dns", "dns", port(Protocol.UDP, 53), NameService(Role.RECURSIVE, recursion=Recursion((), ())))
    share = unbound.share(_lab(service).nodes[0], _lab(service))
    assert share is not None
    (file,) = share.files
    assert file.content.decode() == "server:\nport: 53\naccess-control: 0.0.0.0/0 allow\naccess-control: ::/0 allow\n"


def test_https_shows_the_certificate_that_the_lab_makes_for_it() -> None:
    assert f"/serve/{SERVICES_PKI}\n" in Path(ROOT / "backends/socat/part.sh").read_text()
    assert socat.share(_lab(WEB).nodes[0], _lab(WEB)) is None


def test_a_radius_server_knows_who_asks_and_whom_it_is_asked_about() -> None:
    secrets = (
        SharedSecret("radius@gw@aaa", "radius", ("10.0.0.1", "fc00::1")),
        SharedSecret("eap@vpn.carol", "eap-ttls", ("it's",), "x'\\%{User-Name}"),
    )
    service = Served("radius", "radius", port(Protocol.UDP, 1812), secrets=secrets)
    node = Node(NodeId("aaa"), "aaa", NodeKind.HOST, (), services=(service,))
    files = secret_files(node, lambda secret: (secret.value or "made").encode())
    assert files == {
        "radius/1812/clients.conf": (
            b"client asking-1 {\n\tipv4addr = 10.0.0.1\n\tsecret = 'made'\n}\n"
            b"client asking-2 {\n\tipv6addr = fc00::1\n\tsecret = 'made'\n}\n"
        ),
        "radius/1812/users": (b"'it\\'s' Cleartext-Password := 'x\\'\\\\%{User-Name}'\n"),
    }
