"""Nodes and what is in them: names, interfaces, services, files, limits; what belongs where and how often."""

import pytest

from tests.semantics.resolve.resolving import NETWORKS, NODES, codes, node, only, resolved, said


def inside(line: str, kind: str = "host") -> str:
    return NODES + f"{kind} c {{ interface on lan\n{line}\n}}"


def test_an_interface_is_called_after_its_network() -> None:
    lab = resolved("template site() { network lan 10.0.0.0/24 }\nuse site as s\nhost a { interface on s.lan }")
    assert [(one.name, one.network) for one in node(lab, "a").interfaces] == [("lan", "s.lan")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("interface lan on wan", "duplicate-interface"),
        ("interface sixteencharacter on wan", "interface-name-too-long"),
        ("interface lo on wan", "reserved-interface-name"),
        ("interface ipsec0 on wan", "reserved-interface-name"),
        ("interface a.b on wan", "reserved-interface-name"),
        ("interface loose", "missing-statement"),
        ("interface w on wan { mac 01:00:5e:00:00:01 }", "invalid-mac"),
        ("interface w on wan { mtu 12 }", "mtu-out-of-range"),
        ("neighbour 10.9.9.9 02:00:00:00:00:01", "address-outside-prefix"),
        ("nat { masquerade out lan }", "misplaced-statement"),
        ("policy drop", "misplaced-statement"),
        ("cores 4", "not-supported-yet"),
        ("cpu 1 ; cpu 2", "repeated-statement"),
        ("uplink nat ; uplink nat", "two-uplinks"),
        ("serve nginx", "unknown-service-kind"),
        ("serve tcp", "missing-statement"),
        ("serve http tcp/80-90", "wrong-kind"),
        ("serve http 80", "wrong-kind"),
        ("serve tcp/80", "wrong-kind"),
        ("serve http web htp", "unknown-protocol"),
        ('serve dns { zone "a b" }', "invalid-zone"),
        ("serve dns { record www -> a }", "missing-statement"),
        ("serve dns { zone x { } ; record www -> a }", "missing-statement"),
        (f"serve dns {{ zone {'a.' * 95}b }}", "invalid-zone"),
        (f"serve dns {{ zone b {{ delegate {'a.' * 95}b to a }} }}", "invalid-zone"),
        ("serve dns { zone x ; zone y }", "repeated-statement"),
        ('serve dns { zone x ; record "www.y." -> a }', "invalid-zone"),
        ('serve dns { zone x ; record "." -> a }', "invalid-zone"),
        ('serve dns { zone "." ; delegate "@" to a }', "invalid-zone"),
        ("serve dns { zone x ; delegate y to lan }", "wrong-element"),
        ("serve dns { zone x ; delegate y to 10.1.0.1 }", "wrong-kind"),
        ("serve dns { zone x ; record a cname b c }", "wrong-arity"),
        ("serve dns { zone x ; record a mx b }", "wrong-arity"),
        ("serve dns { zone x ; record a mx 70000 b }", "out-of-range"),
        ("serve dns { zone x ; record a txt b }", "wrong-kind"),
        ("serve dns { recursion lan }", "wrong-arity"),
        ("serve dns { recursion for nobody }", "unknown-name"),
        ("serve dns { forwarder }", "wrong-arity"),
        ("serve dns { forwarder 10.1.0.1 }", "wrong-kind"),
        ('serve dns { forwarder a for "x y" }', "invalid-zone"),
        ("serve http { recursion }", "misplaced-statement"),
        ("resolver", "wrong-arity"),
        ('env NETDSL_X = "1"', "invalid-environment"),
        ('env X = "1\\n2"', "invalid-environment"),
        ("env X = 1 ; env X = 2", "repeated-statement"),
        ("sysctl kernel.panic = 1", "invalid-sysctl"),
        ("sysctl net.core.rmem_max = 1", "invalid-sysctl"),
        ('sysctl net.ipv4.tcp_mem = "1 2 3"', "invalid-sysctl"),
        ("sysctl net.ipv4.neigh.default.gc_thresh3 = 1", "invalid-sysctl"),
        ("sysctl net.ipv4.conf.all.mc_forwarding = 1", "invalid-sysctl"),
        ("sysctl net.netfilter.nf_conntrack_max = 1", "invalid-sysctl"),
        ("sysctl net.ipv4.tcp_sak = 1", "invalid-sysctl"),
        ("sysctl net.ipv4.conf.eth9.rp_filter = 1", "invalid-sysctl"),
        ("capability SYS_ADMIN", "invalid-capability"),
        ("capability CAP_NET_RAW", "invalid-capability"),
        ("capability NET_RAW, BPF", "invalid-capability"),
        ("cpu 0", "invalid-resource"),
        ("memory 1kB", "invalid-resource"),
        ("image tools", "unknown-name"),
        ("resolver lan", "wrong-element"),
        ('run ""', "bad-literal"),
        ('run "one\\ntwo"', "bad-literal"),
    ],
)
def test_a_line_that_is_wrong(line: str, code: str) -> None:
    assert codes(inside(line)) == [code]


def test_what_a_number_lacks_is_told() -> None:
    assert said(NODES + "host c { serve http 80 }")[3] == "a port has its protocol: `serve http tcp/80`"
    assert said(NODES + "host c { serve tcp/80 }")[3] == "the kind stands first: `serve KIND tcp/80`"
    assert said(NODES + "host c { memory 64 }")[3] == "with its unit: `64MiB`"


def test_what_belongs_elsewhere_is_told_where() -> None:
    assert said(NODES + "host c { nat { masquerade out lan } }") == (
        "misplaced-statement", "nat", "`nat` does not belong in a `host`",
        "`nat` belongs in a `router`",
    )  # fmt: skip
    assert only(NODES + "route 10.0.0.0/8 via gw").help == "`route` belongs in a `host` or a `router`"


def test_a_line_of_a_template_that_is_misplaced_is_said_once() -> None:
    assert codes(NETWORKS + "template t() { policy drop }\nhost a { use t }\nhost b { use t }") == [
        "misplaced-statement"
    ]


@pytest.mark.parametrize("name", ["a" * 64, "localhost"])
def test_a_node_needs_a_host_name(name: str) -> None:
    assert codes(NETWORKS + f"host {name} {{ interface on lan }}") == ["invalid-host-name"]


def test_two_paths_with_one_host_name_collide() -> None:
    text = NETWORKS + "template t() { host b-c { interface on lan } }\nuse t as a\nhost a-b-c { interface on lan }"
    assert only(text).message == "`a-b-c` and `a.b-c` have the same host name, `a-b-c`"


def test_a_links_ends_are_interfaces() -> None:
    assert codes("router a\nrouter b\nlink a -- b.x") == ["link-end"]
    assert codes("router a\nrouter b\nrouter c\nlink a.x -- b.x\nlink a.x -- c.x") == ["duplicate-interface"]


@pytest.mark.parametrize(
    ("driver", "code"),
    [
        ("macvlna", "unknown-driver"),
        ("ipvlan l4", "unknown-driver"),
        ("bridge l2", "unknown-driver"),
        ("ovs", "not-supported-yet"),
    ],
)
def test_a_driver_that_does_not_exist(driver: str, code: str) -> None:
    assert codes(f"network n 10.0.0.0/24 {{ driver {driver} }}\nhost a {{ interface on n }}") == [code]


def test_a_wire_is_read_in_the_units_of_the_ir() -> None:
    lab = resolved(
        "network n 10.0.0.0/24 { driver macvlan private ; delay 10ms ; jitter 500us ; loss 0.1%\n"
        "rate 10mbit ; mtu 1400 }\n"
        "host a { interface on n }"
    )
    (network,) = lab.networks.values()
    assert network.impairment is not None
    assert network.driver is not None
    assert (network.driver.name, network.driver.mode, network.mtu) == ("macvlan", "private", 1400)
    wire = network.impairment
    assert (wire.delay_us, wire.jitter_us, wire.loss, wire.rate_bps) == (10_000, 500, 0.001, 10_000_000)


def test_services_have_a_port_and_a_name_by_default() -> None:
    lab = resolved(inside("serve http ; serve udp syslog udp/514 ; serve dns { zone corp.example ; record www -> a }"))
    assert [(one.kind, one.name, str(one.service)) for one in node(lab, "c").services] == [
        ("http", "http", "tcp/80"), ("udp", "syslog", "udp/514"), ("dns", "dns", "udp/53"),
    ]  # fmt: skip


def test_the_same_sysctl_from_two_templates_is_no_mistake() -> None:
    lab = resolved(
        "template t() { sysctl net.ipv4.ip_forward = 1 }\n"
        + inside("use t ; use t ; sysctl net.ipv4.conf.lan.rp_filter = 2")
    )
    assert node(lab, "c").sysctls == (("net.ipv4.ip_forward", "1"), ("net.ipv4.conf.lan.rp_filter", "2"))


def test_an_image_and_its_packages() -> None:
    lab = resolved(
        NETWORKS + 'image tools { packages iperf3, "libstdc++6" }\nhost a { interface on lan ; image tools }'
    )
    assert node(lab, "a").image == "tools"
    assert [image.packages for image in lab.images.values()] == [("iperf3", "libstdc++6")]
    for name in ("Iperf", '"bash-"', '"iperf3=3"'):
        bad = NETWORKS + f"image tools {{ packages {name} }}\nhost a {{ interface on lan ; image tools }}"
        assert codes(bad) == ["invalid-package"]


def test_an_image_for_some_platforms() -> None:
    lab = resolved("image i { platforms linux/amd64, arm64 }\n" + inside("image i"))
    assert [image.platforms for image in lab.images.values()] == [("linux/amd64", "linux/arm64")]
    assert codes("image i { platforms linux/s390x }\n" + inside("image i")) == ["unknown-setting"]


def test_settings_of_a_target_are_kept_as_text() -> None:
    lab = resolved(NETWORKS + "host a { interface on lan }\ntarget compose { memory = 2GiB }")
    assert [(one.target, one.key, one.value) for one in lab.settings] == [("compose", "memory", "2GiB")]


def test_a_name_of_digits_stands_in_quotes() -> None:
    found = only(NODES + "host ns { interface on lan ; serve dns { zone x ; record 80 ptr www } }")
    assert (found.rule.code, found.help) == ("wrong-kind", 'in quotes: `"80"`')
