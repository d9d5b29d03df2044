"""The Compose project: decisions first, then what the file says."""

from dataclasses import replace
from ipaddress import ip_address, ip_interface

import pytest
from jsonschema_rs import ValidationError

from netdsl.backends.compose.backend import backend
from netdsl.backends.compose.lower import lower
from netdsl.backends.compose.render import compose_text
from netdsl.backends.compose.support import ABILITIES
from netdsl.backends.compose.target import target
from netdsl.codegen.contract import BadOption, Layout, Options
from netdsl.codegen.names import project_name
from netdsl.credentials.contract import Credentials
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.network import Driver, Network
from netdsl.ir.node import Interface, Node, NodeKind, Resources
from netdsl.payload.render import payload
from netdsl.source import Place, SourceFile, Span
from tests import outputs

LAN, WAN = NetworkId("a.lan"), NetworkId("wan")


def _interface(name: str, network: NetworkId, last: int) -> Interface:
    return Interface(name, network, f"02:00:00:00:00:{last:02x}", (ip_interface(f"10.0.0.{last}/24"),), 1500)


def _lab(**change: object) -> Lab:
    router = Node(
        NodeId("a.gw"),
        "a-gw",
        NodeKind.ROUTER,
        (_interface("wan", WAN, 1), _interface("lan", LAN, 2)),
        has_uplink=True,
        uplink_mac="02:00:00:00:00:09",
        sysctls=(
            ("net.ipv4.conf.all.rp_filter", "1"),
            ("net.ipv4.conf.lan.log_martians", "1"),
            ("net.ipv4.ip_forward", "1"),
            ("net.ipv6.conf.all.forwarding", "1"),
        ),
        resources=Resources(0.5, 64 * 1024**2),
    )
    host = Node(NodeId("pc"), "pc", NodeKind.HOST, (_interface("lan", LAN, 3),))
    lab = Lab("lab", None, (Network(LAN, (), 1500), Network(WAN, (), 1500)), (router, host))
    return replace(lab, **change)  # type: ignore[arg-type]


def _document(lab: Lab, options: Options = Options()) -> dict[str, dict[str, dict[str, object]]]:  # noqa: B008
    files = backend.emit(lab, payload(lab, Credentials({}, None), ()), Layout(), options)
    return outputs.compose({file.path: file.content for file in files}["compose.yaml"])


def test_networks_sit_on_parents_that_the_environment_may_name() -> None:
    network = _document(_lab())["networks"]["a-lan"]
    assert network["driver"] == "macvlan"
    assert network["driver_opts"] == {"parent": "${NETDSL_PARENT_A_LAN:-}"}
    assert network["internal"] is True


def test_bridges_are_open_to_the_engine_and_without_an_address_of_the_host() -> None:
    network = _document(_lab(), Options(driver="bridge"))["networks"]["a-lan"]
    assert network["driver_opts"] == {
        "com.docker.network.bridge.inhibit_ipv4": "true",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
    }
    assert "internal" not in network


def test_a_network_keeps_the_driver_that_the_lab_gives_it() -> None:
    networks = (Network(LAN, (), 1500, Driver("macvlan", "private")), Network(WAN, (), 1500))
    document = _document(_lab(networks=networks), Options(driver="bridge"))
    assert document["networks"]["a-lan"]["driver_opts"] == {
        "parent": "${NETDSL_PARENT_A_LAN:-}",
        "macvlan_mode": "private",
    }
    assert document["networks"]["wan"]["driver"] == "bridge"


def _switched(driver: Driver | None = None) -> Lab:
    place = Place(Span(SourceFile("lab.net", "network a\n"), 0, 9))
    switch = Node(NodeId("sw"), "sw", NodeKind.SWITCH, (_interface("a", LAN, 4),))
    lab = _lab(networks=(Network(LAN, (), 1500, driver, origin=place), Network(WAN, (), 1500)))
    return replace(lab, nodes=(*lab.nodes, switch))


def test_a_network_with_a_switch_on_it_is_a_bridge_where_macvlan_would_lose_its_frames() -> None:
    drivers = {
        wish: {
            key: network["driver"] for key, network in _document(_switched(), Options(driver=wish))["networks"].items()
        }
        for wish in (None, "ipvlan")
    }
    assert drivers[None] == {"a-lan": "bridge", "wan": "macvlan", "uplink": "bridge"}
    assert drivers["ipvlan"] == {"a-lan": "ipvlan", "wan": "ipvlan", "uplink": "bridge"}


@pytest.mark.parametrize(("driver", "count"), [(Driver("macvlan"), 1), (Driver("bridge"), 0), (None, 0)])
def test_macvlan_under_a_switch_is_refused(driver: Driver | None, count: int) -> None:
    diagnostics = Diagnostics()
    target.check_support(_switched(driver), Options(), diagnostics)
    assert [finding.rule.code for finding in diagnostics] == ["unsupported-by-target"] * count


def test_interfaces_are_found_by_mac_and_on_ipvlan_by_the_engines_address() -> None:
    assert _document(_lab())["services"]["pc"]["networks"] == {"a-lan": {"mac_address": "02:00:00:00:00:03"}}
    service = _document(_lab(), Options(driver="ipvlan"))["services"]["pc"]
    networks = service["networks"]
    assert isinstance(networks, dict)
    address = networks["a-lan"]["ipv4_address"]
    assert networks == {"a-lan": {"ipv4_address": address}}
    segment = int(ip_address(str(address))) >> 3 & 0xFFFFFF
    assert service["environment"] == {"NETDSL_INTERFACES": f"lan={address}@{segment}"}


def test_on_ipvlan_the_payload_makes_the_interface_and_sysctls_begin_with_the_default() -> None:
    sysctls = _document(_lab(), Options(driver="ipvlan", is_closed=True))["services"]["a-gw"]["sysctls"]
    assert sysctls == {
        "net.ipv4.conf.all.rp_filter": "1",
        "net.ipv4.conf.default.log_martians": "1",
        "net.ipv4.conf.default.rp_filter": "1",
        "net.ipv4.ip_forward": "1",
        "net.ipv6.conf.all.forwarding": "1",
    }


def test_sysctls_name_the_engines_interfaces_in_the_order_of_the_networks() -> None:
    sysctls = _document(_lab(), Options(is_closed=True))["services"]["a-gw"]["sysctls"]
    assert sysctls == {
        "net.ipv4.conf.all.rp_filter": "1",
        "net.ipv4.conf.eth0.log_martians": "1",
        "net.ipv4.conf.eth0.rp_filter": "1",
        "net.ipv4.conf.eth1.rp_filter": "1",
        "net.ipv4.ip_forward": "1",
        "net.ipv6.conf.all.forwarding": "1",
    }


def test_a_closed_lab_has_no_uplink() -> None:
    assert "uplink" in _document(_lab())["networks"]
    document = _document(_lab(), Options(is_closed=True))
    assert "uplink" not in document["networks"]
    assert "uplink" not in str(document["services"]["a-gw"]["networks"])


def test_nodes_have_the_rights_they_need_and_no_others() -> None:
    for service in _document(_lab())["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["cap_add"] == ["NET_ADMIN"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        assert "container_name" not in service


def test_the_root_of_a_node_is_read_only_and_it_writes_into_memory() -> None:
    service = _document(_lab())["services"]["pc"]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/run:mode=0755,size=64m", "/tmp:mode=1777,size=64m"]
    files = ("/etc/hosts", "/etc/resolv.conf")
    assert {target: path for target, path in _mounts(service).items() if target in files} == {
        "/etc/hosts": "./payload/lab/hosts",
        "/etc/resolv.conf": "./payload/lab/resolv.conf",
    }


def test_a_node_with_resolvers_has_their_file() -> None:
    node = replace(_lab().nodes[1], resolvers=(ip_address("10.0.0.53"),))
    service = _document(_lab(nodes=(node,)))["services"]["pc"]
    assert _mounts(service)["/etc/resolv.conf"] == "./payload/nodes/pc/resolv.conf"


def test_a_node_that_may_write_anywhere_has_its_keys_in_memory() -> None:
    lab = _lab(nodes=(replace(_lab().nodes[1], runs=("true",)),))
    for credentials, tmpfs in (
        (Credentials({}, None), []),
        (Credentials({NodeId("pc"): "digest"}, None), ["/run/netdsl:mode=0755,size=64m"]),
    ):
        text = compose_text(lower(lab, payload(lab, credentials, ()), Layout(), Options()))
        service = outputs.compose(text.encode())["services"]["pc"]
        assert (service["read_only"], service["tmpfs"]) == (False, tmpfs)
        assert "/etc/hosts" not in _mounts(service)


def test_a_folder_that_a_part_writes_to_is_in_memory() -> None:
    project = lower(_lab(), payload(_lab(), Credentials({}, None), ()), Layout(), Options())
    services = (replace(project.services[0], writes=("/var/lib/frr",)), *project.services[1:])
    document = outputs.compose(compose_text(replace(project, services=services)).encode())
    assert document["services"]["a-gw"]["tmpfs"] == [
        "/run:mode=0755,size=64m",
        "/tmp:mode=1777,size=64m",
        "/var/lib/frr:mode=0755,size=64m",
    ]


def _mounts(service: dict[str, object]) -> dict[str, str]:
    """Where each comes from, by its place in the node. All are read-only."""
    volumes = service["volumes"]
    assert isinstance(volumes, list)
    assert all(volume["read_only"] is True for volume in volumes)
    return {volume["target"]: volume["source"] for volume in volumes}


def test_limits_labels_and_the_payloads_hash() -> None:
    lab = _lab()
    service = _document(lab)["services"]["a-gw"]
    assert (service["cpu_quota"], service["mem_limit"]) == (50_000, str(64 * 1024**2))
    digest = payload(lab, Credentials({}, None), ()).nodes[NodeId("a.gw")].digest
    assert service["labels"] == {"netdsl.lab": "lab", "netdsl.node": "a.gw", "netdsl.payload": digest}


def test_every_node_has_limits_and_a_log_that_ends() -> None:
    service = _document(_lab())["services"]["pc"]
    assert (service["mem_limit"], service["cpu_quota"], service["pids_limit"]) == (str(512 * 2**20), 200_000, 512)
    assert service["logging"] == {"driver": "local", "options": {"max-size": "4m", "max-file": "2"}}


def test_limits_of_the_command_line_are_the_most_that_a_source_can_ask_for() -> None:
    settings = {"memory": "32MiB", "cpu": "0.25", "processes": "64"}
    for service in _document(_lab(), Options(settings=settings))["services"].values():
        assert (service["mem_limit"], service["cpu_quota"], service["pids_limit"]) == (str(32 * 2**20), 25_000, 64)


@pytest.mark.parametrize(
    ("key", "value"),
    [("memory", "1MiB"), ("memory", "lots"), ("cpu", "0"), ("cpu", "1e9"), ("processes", "3"), ("processes", "-1")],
)
def test_a_limit_that_is_none_is_refused(key: str, value: str) -> None:
    check = ABILITIES.settings[key]
    assert f"`{value}` is no " in str(check(value))


def test_one_service_builds_the_image_that_all_share() -> None:
    services = _document(_lab())["services"]
    assert services["a-gw"]["image"] == services["pc"]["image"]
    assert "build" in services["a-gw"]
    assert services["pc"]["pull_policy"] == "never"


def test_every_dollar_of_the_lab_is_doubled() -> None:
    node = Node(NodeId("pc"), "pc", NodeKind.HOST, (_interface("lan", LAN, 3),), sysctls=(("net.x", "$HOME ${X:?}"),))
    document = _document(_lab(name="a$b", nodes=(node,)))
    assert document["services"]["pc"]["sysctls"] == {"net.x": "$$HOME $${X:?}"}
    assert document["services"]["pc"]["labels"]["netdsl.lab"] == "a$$b"  # type: ignore[index]


def test_two_copies_have_ranges_and_parents_of_their_own() -> None:
    one, two = (
        lower(_lab(), payload(_lab(), Credentials({}, None), ()), Layout(), Options(project=p)) for p in ("x", "y")
    )
    assert not {network.subnet for network in one.networks} & {network.subnet for network in two.networks}
    assert not {n.parent_device for n in one.networks if n.parent_device} & {n.parent_device for n in two.networks}


def test_names_that_would_share_a_variable_are_told_apart() -> None:
    networks = tuple(Network(NetworkId(name), (), 1500) for name in ("a-b", "a.b"))
    host = Node(
        NodeId("h"), "h", NodeKind.HOST, (_interface("x", NetworkId("a-b"), 1), _interface("y", NetworkId("a.b"), 2))
    )
    lab = _lab(networks=networks, nodes=(host,))
    project = lower(lab, payload(lab, Credentials({}, None), ()), Layout(), Options())
    assert [network.key for network in project.networks] == ["a-b", "a-b-2"]
    assert len({network.parent_variable for network in project.networks}) == 2


@pytest.mark.parametrize(("wished", "name"), [("Lab 1", "lab-1"), ("-x", "x"), ("_", "lab")])
def test_project_names_are_what_compose_takes(wished: str, name: str) -> None:
    assert project_name(_lab(), Options(project=wished)) == name


def test_ipvlan_carries_a_network_in_its_mode_l2_only() -> None:
    place = Place(Span(SourceFile("lab.net", "lab x\n"), 0, 3))
    for mode, count in (("l2", 0), (None, 0), ("l3", 1), ("l3s", 1)):
        diagnostics = Diagnostics()
        network = Network(LAN, (), 1500, Driver("ipvlan", mode), origin=place)
        target.check_support(_lab(networks=(network,), nodes=()), Options(), diagnostics)
        assert len(diagnostics) == count


def test_wrong_options_are_refused() -> None:
    for options in (Options(driver="ovs"), Options(settings={"pool": "x"}), Options(settings={"colour": "red"})):
        with pytest.raises(BadOption):
            target.check_support(_lab(), options, Diagnostics())


def test_the_tests_reader_refuses_what_the_compose_spec_does_not_know() -> None:
    with pytest.raises(ValidationError):
        outputs.compose(b"name: lab\nservices: {pc: {image: a, hostnam: pc}}\n")
