from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path

import pytest

from netdsl.backends.compose.backend import backend as compose_backend
from netdsl.backends.vagrant.backend import fixed_files
from netdsl.backends.vagrant.lower import DEFAULT_MEMORY_MIB, LEAST_MEMORY_MIB, management_macs
from netdsl.backends.vagrant.ranges import POOLS, NoRange, UsedAddresses, prefixes_of, slices
from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.credentials.contract import Credentials
from netdsl.ir.ids import ImageId, NetworkId
from netdsl.ir.image import Image
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import NodeKind, Resources, Route
from netdsl.lower.lower import lower as lab_of
from netdsl.payload.render import payload
from netdsl.pipeline.analysis import check
from tests import vagrantfile
from tests.compiling import LABS, compiled_file
from tests.machines import (
    GUEST,
    LAN,
    WAN,
    a_host,
    a_lab,
    a_router,
    an_interface,
    files_of,
    machine_of,
    project_of,
    settings_of,
)

# --- segments and interfaces


def test_each_network_with_somebody_on_it_is_a_segment() -> None:
    project = project_of(
        a_lab(networks=(Network(LAN, (), 1500), Network(WAN, (), 9000), Network(NetworkId("empty"), (), 1500)))
    )
    assert [(segment.name, segment.mtu) for segment in project.segments] == [("lab.a-lan", 1500), ("lab.wan", 9000)]
    router = project.machines[0]
    assert [(nic.segment, nic.mac) for nic in router.nics] == [
        ("lab.wan", "02:6e:64:00:00:01"),
        ("lab.a-lan", "02:6e:64:00:00:02"),
    ]


def test_no_two_projects_share_a_segment() -> None:
    """`a` with `b-lan` and `a-b` with `lan` would, were a dash between."""
    names = set()
    for project, network in (("a", "b-lan"), ("a-b", "lan"), ("A.b", "lan")):
        node = a_host(interfaces=(an_interface("lan", NetworkId(network), 1),))
        lab = a_lab(node, networks=(Network(NetworkId(network), (), 1500),))
        names.add(project_of(lab, Options(project=project)).segments[0].name)
    assert names == {"a.b-lan", "a-b.lan"}  # `A.b` is the project `a-b`


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    ids = [NetworkId("n" * 200 + end) for end in "xy"]
    nodes = [a_host(f"h{number}", interfaces=(an_interface("lan", one, number),)) for number, one in enumerate(ids)]
    names = [
        segment.name
        for segment in project_of(a_lab(*nodes, networks=tuple(Network(i, (), 1500) for i in ids))).segments
    ]
    assert len(set(names)) == 2
    assert all(len(name) <= 100 for name in names)


def test_a_switch_s_ports_see_what_is_for_others() -> None:
    nics = [machine_of(a_lab(a_host(kind=kind))).nics[0].is_open for kind in NodeKind]
    assert dict(zip(NodeKind, nics, strict=True)) == {
        NodeKind.HOST: False,
        NodeKind.ROUTER: False,
        NodeKind.SWITCH: True,
    }


def test_management_addresses_are_told_by_their_prefix_and_move_nobody() -> None:
    hosts = [f"h{number}" for number in range(6000)]  # about one collision in 24 bits
    macs = management_macs("lab", hosts)
    assert len(set(macs.values())) == len(hosts)
    assert all(mac.startswith("02:6e:6d:") for mac in macs.values())
    assert management_macs("lab", hosts[:100]).items() <= macs.items()
    assert management_macs("other", ["h1"])["h1"] != macs["h1"]


# --- uplinks and ranges


def test_an_uplink_is_an_interface_of_its_own_on_a_range_of_its_own() -> None:
    project = project_of(a_lab())
    assert [machine.uplink_mac for machine in project.machines] == ["02:6e:64:00:00:09", None]
    assert project.outside is not None
    assert not project.outside.overlaps(project.management)


def test_without_an_uplink_nothing_leads_outside() -> None:
    project = project_of(a_lab(a_router(has_uplink=False)))
    assert project.outside is None
    assert project.machines[0].uplink_mac is None


def test_ranges_lie_beside_everything_that_the_lab_speaks_of() -> None:
    first, *_ = POOLS
    assert first == IPv4Network("10.176.0.0/12")
    most = Route(ip_network("10.0.0.0/8"), None, "lan")
    everything = Route(ip_network("0.0.0.0/0"), None, "lan")
    assert project_of(a_lab(a_host(routes=(everything,)))).management.subnet_of(first)
    assert project_of(a_lab(a_host(routes=(most, everything)))).management.subnet_of(POOLS[1])


def test_ranges_are_found_between_the_lab_s_prefixes() -> None:
    free = IPv4Network("10.5.3.64/26")
    taken = [one for one in IPv4Network("10.5.0.0/16").subnets(new_prefix=26) if one != free]
    lab = a_lab(a_host(), networks=(Network(LAN, tuple(taken), 1500),), settings=settings_of(pool="10.5.0.0/16"))
    assert project_of(lab).management == free


@pytest.mark.parametrize("machines", [1, 9, 60, 1000])
def test_a_range_has_room_for_all_machines_and_the_same_place_every_time(machines: int) -> None:
    one, two = (slices(a_lab(), "lab", None, machines, ("mgmt", "uplink")) for _ in range(2))
    assert one == two
    assert all(prefix.num_addresses - 3 >= 2 * machines for prefix in one)
    assert slices(a_lab(), "other", None, machines, ("mgmt", "uplink")) != one


def test_a_small_pool_is_shared_in_halves() -> None:
    pool = IPv4Network("10.9.0.0/26")
    assert set(slices(a_lab(), "lab", pool, 9, ("mgmt", "uplink"))) == set(pool.subnets())
    with pytest.raises(NoRange, match=r"10\.9\.0\.0/26"):
        slices(a_lab(), "lab", pool, 40, ("mgmt", "uplink"))


def test_spans_are_merged_and_asked() -> None:
    taken = UsedAddresses(map(IPv4Network, ("10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/30", "0.0.0.0/0", "10.0.9.1/32")))
    for prefix, overlaps in (
        ("10.0.0.0/16", True),
        ("10.0.1.255/32", True),
        ("10.0.2.0/24", False),
        ("10.0.9.0/24", True),
        ("9.255.255.0/24", False),
        ("10.0.9.2/31", False),
    ):
        assert taken.overlaps(IPv4Network(prefix)) is overlaps


@pytest.mark.parametrize("path", LABS, ids=lambda lab: lab.parent.name)
def test_no_range_of_an_example_touches_its_lab(path: Path, tmp_path: Path) -> None:
    outcome = compiled_file(path, tmp_path / "c", target="vagrant")
    said = vagrantfile.read(outcome.text("Vagrantfile")).settings
    bindings = check(path).bindings
    assert bindings is not None
    prefixes = [one for one in prefixes_of(lab_of(bindings)) if one.prefixlen]
    assert prefixes or path.parent.name == "site-to-site-v6"
    for key in ("management", "outside"):
        if said[key] is not None:
            assert not any(IPv4Network(str(said[key])).overlaps(one) for one in prefixes)


# --- resources, images, rights


def test_processors_are_whole_and_memory_is_enough() -> None:
    for resources, cpus, memory in (
        (Resources(), 1, DEFAULT_MEMORY_MIB),
        (Resources(0.5, 64 * 1024**2), 1, LEAST_MEMORY_MIB),
        (Resources(1.0, LEAST_MEMORY_MIB * 1024**2), 1, LEAST_MEMORY_MIB),
        (Resources(1.1, 1024**3 + 1), 2, 1025),
    ):
        machine = machine_of(a_lab(a_host(resources=resources)))
        assert (machine.cpus, machine.memory_mib) == (cpus, memory)


def test_what_is_installed_has_the_name_of_the_twin_s_image() -> None:
    lab = a_lab(a_host(image=ImageId("i")), images=(Image(ImageId("i"), ("curl",), runs=("echo 'a'\n", "true")),))
    files = files_of(lab)
    name = files["machine/nodes/pc/image"].decode().strip()
    twin = compose_backend.emit(lab, payload(lab, Credentials({}, None), ()), Layout(), Options())
    text = next(artifact.content.decode() for artifact in twin if artifact.path == "compose.yaml")
    assert f"netdsl/{name}" in text
    assert "curl" in files[f"machine/images/{name}/packages"].decode().splitlines()
    assert files[f"machine/images/{name}/run/1"] == b"echo 'a'\n\n"
    assert files[f"machine/images/{name}/run/2"] == b"true\n"
    assert f"machine/images/{name}/online" not in files
    online = files_of(lab, options=Options(has_build_network=True))
    assert [path for path in online if path.endswith("/online")] == [
        f"machine/images/{online['machine/nodes/pc/image'].decode().strip()}/online"
    ]


def test_the_service_has_the_rights_of_the_twin() -> None:
    files = files_of(a_lab())
    assert files["machine/nodes/pc/rights.conf"].decode().splitlines() == [
        "[Service]",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "ProtectSystem=strict",
        "ReadWritePaths=/run /tmp /etc/hosts /etc/resolv.conf",
    ]
    writing = files_of(a_lab(a_host(runs=("true",))))
    assert writing["machine/nodes/pc/rights.conf"] == b"[Service]\nCapabilityBoundingSet=CAP_NET_ADMIN\n"
    assert files["machine/nodes/a-gw/uplink"] == b"02:6e:64:00:00:09\n"
    assert "machine/nodes/pc/uplink" not in files


def test_fixed_files_go_along_as_they_are() -> None:
    files = files_of(a_lab())
    root = Path(__file__).parents[2] / "backends/vagrant/machine"
    assert {file.path for file in fixed_files()} == {
        f"machine/{path.relative_to(root).as_posix()}" for path in root.rglob("*") if path.is_file()
    }
    for file in fixed_files():
        assert files[file.path] == file.content
    assert IPv4Network(files["machine/guest/mgmt.range"].decode().strip()) == project_of(a_lab()).management


# --- digests


def _digests(
    lab: Lab, options: Options | None = None, guest: tuple[Artifact, ...] = GUEST
) -> dict[str, tuple[str, str]]:
    return {one.name: (one.hardware, one.inside) for one in project_of(lab, options, guest).machines}


def test_digests_tell_what_changed_and_where() -> None:
    before = _digests(a_lab())
    assert _digests(a_lab()) == before

    more = _digests(a_lab(a_router(), a_host(resources=Resources(2.0))))
    assert more["a-gw"] == before["a-gw"]
    assert more["pc"][0] != before["pc"][0]
    assert more["pc"][1] == before["pc"][1]

    ran = _digests(a_lab(a_router(), a_host(runs=("true",))))
    assert ran["a-gw"] == before["a-gw"]
    assert ran["pc"][0] == before["pc"][0]
    assert ran["pc"][1] != before["pc"][1]

    fixed = _digests(a_lab(), guest=(Artifact("machine/guest/install.sh", b"false\n"),))
    assert all(fixed[name][0] == before[name][0] and fixed[name][1] != before[name][1] for name in before)

    closed = _digests(a_lab(), Options(is_closed=True))
    assert all(closed[name][0] != before[name][0] and closed[name][1] != before[name][1] for name in before)

    boxed = _digests(a_lab(), Options(settings={"box": "mine"}))
    assert all(boxed[name][0] != before[name][0] and boxed[name][1] == before[name][1] for name in before)


def test_a_host_s_name_known_to_all_is_provisioned_to_all_and_needs_no_new_machine() -> None:
    """Containers see the hosts file of the lab as it is; machines have a copy."""
    before = _digests(a_lab())
    after = _digests(a_lab(hosts=((IPv4Address("10.0.0.9"), ("late",)),)))
    assert all(after[name][0] == before[name][0] and after[name][1] != before[name][1] for name in before)
