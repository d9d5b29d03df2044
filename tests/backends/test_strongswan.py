"""strongSwan's share of a node: swanctl.conf, the table of tunnels, the probe of the kernel."""

import shutil
import subprocess
from dataclasses import asdict, replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from netdsl.backends.strongswan import probe
from netdsl.backends.strongswan.part import part
from netdsl.backends.strongswan.probe import probe_lines
from netdsl.backends.strongswan.quoting import NotQuotable, quoted
from netdsl.backends.strongswan.secrets import secret_files
from netdsl.backends.strongswan.swanctl import swanctl_conf
from netdsl.ir.expectation import Expectation
from netdsl.ir.ids import NodeId, PkiId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, NodeKind
from netdsl.ir.pki import Pki, Responder
from netdsl.ir.service import BUILT_IN_SERVICES, Protocol, port
from netdsl.ir.tunnel import Child, Mode, Selectors, SharedSecret, Start, TunnelEnd
from netdsl.kinds.ipsec.algorithms import KERNEL_ONLY, kernel_need
from netdsl.kinds.ipsec.ir import (
    CARRIERS,
    Authentication,
    AuthMethod,
    DpdAction,
    DscpCopy,
    Handling,
    IpsecChild,
    IpsecEnd,
    Radius,
    end_inside,
)
from netdsl.kinds.ipsec.resolve_proposals import KEYWORDS, Transform
from netdsl.kinds.ipsec.sizes import CIPHERS, INTEGRITY_ICV
from netdsl.payload.part import TunnelRecord
from tests.compiling import compiled_text

ESP = IpsecChild("esp", ("aes256gcm16-ecp384",), reqid=7)
CHILD = Child(
    "vpn",
    (ip_network("10.1.0.0/16"),),
    (ip_network("10.3.0.0/16"),),
    Start.BOOT,
    is_hiding=True,
    inside=ESP,
)
END = TunnelEnd(
    TunnelId("a.vpn"),
    "ipsec",
    "a.vpn",
    NodeId("a.gw"),
    NodeId("s"),
    ip_address("172.16.0.1"),
    (ip_address("172.16.0.2"),),
    Selectors(),
    CARRIERS,
    (CHILD,),
    IpsecEnd(
        (Authentication(AuthMethod.CERTIFICATE, "C=FI, CN=172.16.0.1", PkiId("lab.pki")),),
        (Authentication(AuthMethod.CERTIFICATE, 'CN="x"', PkiId("lab.pki")),),
        ("aes256gcm16-prfsha384-ecp384",),
        30,
        DpdAction.TRAP,
    ),
)
PKI = Pki(PkiId("lab.pki"), "ecdsa-p384", (), 0, True, True, 3650, ())


def _node(end: TunnelEnd) -> Node:
    return Node(NodeId("a.gw"), "a-gw", NodeKind.ROUTER, (), tunnels=(end,))


def _lab(*expectations: Expectation) -> Lab:
    return Lab("lab", None, (), (), (PKI,), expectations=expectations)


def _conf(end: TunnelEnd) -> str:
    return str(swanctl_conf(_node(end), _lab()))


def _record(end: TunnelEnd, lab: Lab | None = None) -> TunnelRecord:
    (record,) = part.share(_node(end), lab or _lab()).tunnels
    assert isinstance(record, TunnelRecord)
    return record


def test_a_connection_says_what_the_lab_says() -> None:
    assert _conf(END) == (
        "connections {\n"
        "  a_vpn {\n"
        "    version = 2\n"
        "    mobike = no\n"
        "    unique = replace\n"
        "    keyingtries = 1\n"
        "    dpd_delay = 30s\n"
        "    local_addrs = 172.16.0.1\n"
        "    remote_addrs = 172.16.0.2\n"
        "    proposals = aes256gcm16-prfsha384-ecp384\n"
        "    send_cert = always\n"
        "    local-1 {\n"
        "      auth = pubkey\n"
        '      id = "C=FI, CN=172.16.0.1"\n'
        "      certs = lab_pki.pem\n"
        "    }\n"
        "    remote-1 {\n"
        "      auth = pubkey\n"
        '      id = "CN=\\"x\\""\n'
        "      cacerts = lab_pki-root.pem\n"
        "      revocation = strict\n"
        "    }\n"
        "    children {\n"
        "      a_vpn {\n"
        "        local_ts = 10.1.0.0/16\n"
        "        remote_ts = 10.3.0.0/16\n"
        "        esp_proposals = aes256gcm16-ecp384\n"
        "        mode = tunnel\n"
        "        reqid = 7\n"
        "        updown = sh /netdsl/lab/strongswan/updown.sh\n"
        "        start_action = none\n"
        "        close_action = none\n"
        "        dpd_action = clear\n"
        "      }\n"
        "    }\n"
        "  }\n"
        "}\n"
    )


def test_esp_goes_in_udp_where_the_lab_says_so() -> None:
    assert "encap" not in _conf(END)
    assert "  encap = yes\n" in _conf(replace(END, inside=replace(end_inside(END), encap=True)))


def test_secrets_are_included_never_written() -> None:
    secret = SharedSecret("vpn", AuthMethod.PSK, ("172.16.0.1",), "top-secret")
    text = _conf(replace(END, secrets=(secret,)))
    assert text.endswith("include secrets.conf\n")
    assert "top-secret" not in text


def test_raw_keys_are_files_of_the_nodes_that_have_them() -> None:
    own, peer = Authentication(AuthMethod.PUBKEY, "a", key="a-gw"), Authentication(AuthMethod.PUBKEY, "b", key="s")
    secrets = (SharedSecret("key@a-gw", AuthMethod.PUBKEY, ("a",)), SharedSecret("key@s", AuthMethod.PUBKEY, ("b",)))
    end = replace(END, inside=replace(end_inside(END), own_auth=(own,), peer_auth=(peer,)), secrets=secrets)
    text = _conf(end)
    assert '      pubkeys = "raw@a-gw.pem"\n    }\n    remote-1 {' in text
    assert '      pubkeys = "raw@s.pem"\n    }\n    children {' in text
    assert "secrets.conf" not in text
    files = secret_files(_node(end), lambda secret: secret.name.encode())
    assert [*files] == ["pubkey/raw@a-gw.pem", "private/raw@a-gw.pem", "pubkey/raw@s.pem"]
    private = load_pem_private_key(files["private/raw@a-gw.pem"], None)
    assert private.public_key() == load_pem_public_key(files["pubkey/raw@a-gw.pem"])


def test_a_gateway_asks_its_server_and_a_client_expects_its_certificate() -> None:
    client = Authentication(AuthMethod.EAP_TTLS, "carol", server="10.1.0.5")
    radius = Radius(NodeId("aaa"), ip_address("10.1.0.5"), 1812, "radius@a-gw@aaa", ("10.1.0.1",))
    secret = SharedSecret("radius@a-gw@aaa", "radius", ("10.1.0.1",))
    gateway = replace(END, inside=replace(end_inside(END), peer_auth=(client,), radius=radius), secrets=(secret,))
    assert '      auth = eap-radius\n      id = "carol"\n      eap_id = "%any"\n' in _conf(gateway)
    assert "secrets.conf" not in _conf(gateway)
    assert secret_files(_node(gateway), lambda _: b'a"b') == {
        "radius.conf": b"charon {\nplugins {\neap-radius {\nservers {\nserver-1 {\naddress = 10.1.0.5\n"
        b'auth_port = 1812\nsecret = "a\\"b"\n}\n}\n}\n}\n}\n'
    }
    own = replace(END, inside=replace(end_inside(END), own_auth=(client,)))
    assert '      eap_id = "carol"\n      aaa_id = "10.1.0.5"\n' in _conf(own)


def test_an_end_that_asks_a_responder_is_strict_and_has_what_asks() -> None:
    asked = replace(PKI, has_crl=False, responder=Responder(NodeId("ca"), ip_address("10.0.0.9"), 2560))
    lab = replace(_lab(), pkis=(asked,))
    assert "      revocation = strict\n" in swanctl_conf(_node(END), lab)
    packages = [part.share(_node(END), one).needs.packages for one in (lab, _lab())]
    assert ["libstrongswan-extra-plugins" in some for some in packages] == [True, False]


def test_what_is_done_to_packets_is_said_where_it_is_asked_for() -> None:
    handling = Handling(is_compressed=True, copy_dscp=DscpCopy.BOTH)
    end = replace(END, children=(replace(CHILD, inside=replace(ESP, handling=handling)),))
    assert "        ipcomp = yes\n        copy_dscp = yes\n" in _conf(end)
    assert probe_lines(_node(end))[-1].endswith(" proto comp spi 0x102 reqid 4242 mode tunnel comp deflate")
    assert _record(end).space == "kernel"
    assert "    reauth_time = 60s\n" in _conf(replace(END, inside=replace(end_inside(END), ike_reauth_seconds=60)))


def test_several_children_have_names_of_their_own() -> None:
    end = replace(END, children=(CHILD, replace(CHILD, name="data", inside=replace(ESP, reqid=8))))
    assert "      a_vpn_vpn {" in _conf(end)
    assert "      a_vpn_data {" in _conf(end)


def test_a_service_limits_the_end_that_has_its_port() -> None:
    syslog = (port(Protocol.UDP, 514),)
    assert "local_ts = 10.1.0.0/16[17/514]\n        remote_ts = 10.3.0.0/16[17]\n" in _conf(
        replace(END, children=(replace(CHILD, only_local=syslog),))
    )


def test_protocols_are_numbers_of_their_family() -> None:
    child = replace(
        CHILD, local=(ip_network("10.1.0.0/16"), ip_network("fc00:1::/64")), only_remote=(BUILT_IN_SERVICES["icmp"][0],)
    )
    assert "local_ts = 10.1.0.0/16[1], fc00:1::/64[58]\n" in _conf(replace(END, children=(child,)))


def test_a_gateway_gives_addresses_and_a_client_asks_for_one() -> None:
    text = _conf(replace(END, pools=(ip_network("10.9.0.0/28"),), peer_addresses=()))
    assert "pools = a_vpn-pool-1" in text
    assert "remote_addrs" not in text
    assert "  a_vpn-pool-1 {\n    addrs = 10.9.0.0/28\n  }" in text
    assert "vips = 0.0.0.0, ::" in _conf(replace(END, virtual=(ip_address("10.9.0.1"), ip_address("fc00:9::1"))))


def test_each_connection_of_a_gateway_has_a_pool_of_its_own() -> None:
    ends = [replace(END, connection=f"a.vpn.{name}", pools=(ip_network(f"10.9.0.{number}/32"),), peer_addresses=())
            for number, name in enumerate(("b", "c"), start=1)]  # fmt: skip
    text = str(swanctl_conf(replace(_node(END), tunnels=tuple(ends)), _lab()))
    assert "pools = a_vpn_b-pool-1\n" in text
    assert "  a_vpn_b-pool-1 {\n    addrs = 10.9.0.1/32\n  }\n  a_vpn_c-pool-1 {\n    addrs = 10.9.0.2/32\n  }" in text


def test_the_table_of_tunnels_holds_what_the_script_decides_by() -> None:
    assert _record(END) == TunnelRecord(
        "a_vpn", "a_vpn", "a_vpn.vpn", "boot", "must", connection="a_vpn", patience="0", again="trap"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"is_initiator": False}, {"patience": "5"}),
        ({"start": Start.TRAFFIC}, {"start": "traffic"}),
        ({"start": Start.TRAFFIC}, {"ready": "no"}),
        ({"start": Start.NONE}, {"patience": "never"}),
        ({"mode": Mode.TRANSPORT}, {"user_space_lacks": "IPsec in user space has not transport mode"}),
        ({"inside": IpsecChild("ah", (), 7)}, {"user_space_lacks": "IPsec in user space has not AH"}),
    ],
)
def test_what_each_kind_of_child_changes(change: dict[str, object], expected: dict[str, str]) -> None:
    end = replace(END, children=(replace(CHILD, **change),))  # type: ignore[arg-type]
    assert expected.items() <= asdict(_record(end)).items()


@pytest.mark.parametrize(("start", "writes"), [(Start.BOOT, ()), (Start.HAND, ()), (Start.TRAFFIC, None)])
def test_a_node_that_opens_a_tunnel_on_traffic_keeps_over_its_starts_that_it_has_run(
    start: Start, writes: tuple[str, ...] | None
) -> None:
    share = part.share(_node(replace(END, children=(replace(CHILD, start=start),))), _lab())
    assert share is not None
    assert share.needs.writes == writes


def test_nothing_waits_for_a_tunnel_that_is_meant_to_fail() -> None:
    broken = Expectation(None, True, None, None, ())
    assert _record(END, _lab(broken)).ready == "may"


@pytest.mark.parametrize("node", ["a.gw", "s"])
def test_nothing_waits_for_a_tunnel_of_a_revoked_certificate(node: str) -> None:
    lab = replace(_lab(), pkis=(replace(PKI, revoked=(NodeId(node),)),))
    assert _record(END, lab).ready == "may"


def test_the_kernel_is_probed_once_for_each_different_proposal() -> None:
    more = replace(CHILD, name="more", inside=replace(ESP, proposals=("aes256gcm16-ecp384", "aes128-sha256-modp3072")))
    lines = probe_lines(_node(replace(END, children=(CHILD, more))))
    assert [line.split(" mode tunnel ")[1].split(" 0x")[0] for line in lines] == [
        "aead rfc4106(gcm(aes))",
        "enc aes",
    ]
    assert lines[1].endswith("auth-trunc hmac(sha256) 0x" + "00" * 32 + " 128")


def test_each_algorithm_of_a_proposal_is_probed_in_a_state_of_its_own() -> None:
    assert _probed("aes128gcm128-aes256gcm8-x25519") == [
        f"aead rfc4106(gcm(aes)) 0x{'00' * 20} 128",
        f"aead rfc4106(gcm(aes)) 0x{'00' * 36} 64",
    ]
    assert _probed("aes128-camellia256-sha2_256-md5-aesxcbc") == [
        f"enc aes 0x{'00' * 16} auth-trunc hmac(sha256) 0x{'00' * 32} 128",
        f"enc cbc(camellia) 0x{'00' * 32} auth-trunc hmac(sha256) 0x{'00' * 32} 128",
        f"enc aes 0x{'00' * 16} auth md5 0x{'00' * 16}",
        f"enc aes 0x{'00' * 16} auth xcbc(aes) 0x{'00' * 16}",
    ]
    assert _probed("null-sha384") == [f"enc cipher_null 0x auth hmac(sha384) 0x{'00' * 48}"]
    assert _probed("aes192ccm96", "aes256gmac") == [
        f"aead rfc4309(ccm(aes)) 0x{'00' * 27} 96",
        f"aead rfc4543(gcm(aes)) 0x{'00' * 36} 128",
    ]


def test_every_keyword_for_esp_has_a_state_and_a_size() -> None:
    ciphers = {word for word, kind in KEYWORDS.items() if kind in (Transform.ENCRYPTION, Transform.AEAD)}
    checks = {word for word, kind in KEYWORDS.items() if kind is Transform.INTEGRITY}
    assert set(probe.CIPHERS) == ciphers
    assert set(probe.INTEGRITY) == checks
    assert set(CIPHERS) >= ciphers
    assert set(INTEGRITY_ICV) == checks
    assert ciphers | checks > KERNEL_ONLY


@pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2 is not installed")
def test_iproute2_takes_the_state_of_every_keyword() -> None:
    """What the kernel says to it is another matter: without the right to ask, and without ESP, it refuses each."""
    proposals = [*probe.CIPHERS, *(f"aes128-{word}" for word in probe.INTEGRITY)]
    lines = probe_lines(
        _node(replace(END, children=(replace(CHILD, inside=replace(ESP, proposals=tuple(proposals))),)))
    )
    command = ("unshare", "--user", "--map-root-user", "--net", "ip", "-force", "-batch", "-")
    run = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
    answers = [line for line in run.stderr.splitlines() if not line.startswith("Command failed -:")]
    assert [line for line in answers if not line.startswith(("Error: Requested ", "RTNETLINK answers: "))] == []


@pytest.mark.parametrize(
    ("proposal", "need"),
    [
        ("aes128-sha256-x25519", None),
        ("camellia128ctr-sha256", None),
        ("aes256gcm16-esn", "extended sequence numbers"),
        ("aes256gcm16-noesn", None),
        ("aes128-sha256-aesxcbc", "`aesxcbc`"),
        ("aes256gmac", "`aes256gmac`"),
    ],
)
def test_what_user_space_has_not_needs_the_kernel(proposal: str, need: str | None) -> None:
    child = replace(CHILD, inside=replace(ESP, proposals=("aes256gcm16", proposal)))
    assert kernel_need(END, child) == need
    end = replace(END, children=(child,))
    assert _record(end).space == ("any" if need is None else "kernel")
    assert part.share(_node(end), _lab()).needs.devices == (("/dev/net/tun",) if need is None else ())


def _probed(*proposals: str) -> list[str]:
    child = replace(CHILD, inside=replace(ESP, proposals=proposals))
    return [line.split(" mode tunnel ")[1] for line in probe_lines(_node(replace(END, children=(child,))))]


def test_every_file_of_while_is_one_that_the_script_looks_for(tmp_path: Path) -> None:
    """By the first or the last field of the table: rules of a tunnel and of one of its children."""
    files = compiled_text(
        """lab w
network wan 192.0.2.0/24
network la 10.1.0.0/24
network lb 10.2.0.0/24
router ga {
  interface on wan
  interface on la
  firewall {
    policy drop
    accept tunnel t
    accept forward tcp/80 from la to lb while t.one up
    accept forward tcp/81 from la to lb while t up
  }
}
router gb { interface on wan ; interface on lb }
ipsec t {
  between ga and gb
  auth psk
  child one { between la and lb }
  child two { between la and wan }
}
""",
        tmp_path,
    ).files
    assert files is not None
    rows = [line.split("\t") for line in files["payload/nodes/ga/tunnels.tsv"].decode().splitlines()]
    found = {path for path in files if path.startswith("payload/nodes/ga/while/") and path.endswith(".up.nft")}
    assert {row[0] for row in rows} == {"t"}
    assert {row[8] for row in rows} == {"t.one", "t.two"}
    assert found == {f"payload/nodes/ga/while/{name}.up.nft" for name in ("t", "t.one")}


def test_a_node_without_tunnels_does_not_use_it() -> None:
    assert part.share(Node(NodeId("h"), "h", NodeKind.HOST, ()), _lab()) is None


def test_quoting_knows_its_escapes_and_refuses_nul() -> None:
    assert quoted('a"b\\c\n') == '"a\\"b\\\\c\\n"'
    with pytest.raises(NotQuotable):
        quoted("a\0b")
