"""IPsec by routes: a device at each end, which the kernel alone has."""

import pytest

from netdsl.ir.tunnel import Device
from netdsl.pipeline.analysis import check_text
from netdsl.verify import Esp, World
from tests.kinds.asking import end, files, findings, lab
from tests.verify.asking import ask, way

ROUTED = """lab routed
network inet 192.0.2.0/24
network left 10.1.0.0/24, fc00:1::/64
network right 10.2.0.0/24, fc00:2::/64
network deep 10.3.0.0/24
router a {
  interface on inet .1
  interface on left .1, ::1
  route deep via t.b
  firewall { policy drop ; accept tunnel t ; accept input, output icmp ; accept forward through t }
}
router b { interface on inet .2 ; interface on right .1, ::1 ; route deep via c }
router c { interface on right .9, ::9 ; interface on deep .1 ; default via b.right }
host p { interface on left .10, ::10 ; default via a }
host s { interface on right .10, ::10 ; default via b ; serve http }
host d { interface on deep .10 ; default via c }
ipsec t { between a protecting left and b protecting right ; over ipv4 ; auth psk ; device yes ; addresses 10.9.0.0/30 %s }
%s
"""
HOLDS = """
expect {
  t is up
  p reaches s tcp/80 through t
  p reaches d through t
  a reaches t.b through t
  p to s is encrypted on inet
  p reaches s ipv4 without fragmentation up to 1438
}
expect while t down { p cannot reach s ; p cannot reach d }
"""


def test_routes_and_lines_lead_into_it() -> None:
    found = check_text((ROUTED % ("", HOLDS)).encode())
    assert [one.message for one in found.diagnostics] == []
    assert way(ask(ROUTED % ("", ""), "p", "10.3.0.10")) == ["p", "a", "b", "c", "d"]


def test_its_end_has_a_device_whose_policies_take_everything() -> None:
    found = lab(ROUTED % ("", ""))
    here = end(found, "a", "t")
    assert isinstance(here.steering, Device)
    assert (here.steering.name, [*map(str, here.steering.addresses)], here.mtu) == ("t", ["10.9.0.1/30"], 1438)
    data = files(found, "a")
    assert data["devices.tsv"] == "t\tt\t1\n"
    assert "local_ts = 0.0.0.0/0, ::/0\n" in data["swanctl.conf"]
    assert "remote_ts = 0.0.0.0/0, ::/0\n" in data["swanctl.conf"]
    assert "if_id_in = 1\n        if_id_out = 1\n" in data["swanctl.conf"]
    assert data["devices/t.batch"].splitlines() == [
        "link set dev t mtu 1438",
        "link set dev t up",
        "address add 10.9.0.1/30 dev t",
        "route replace 10.3.0.0/24 via 10.9.0.2 dev t",
        "route replace 10.2.0.0/24 dev t",
        "route replace fc00:2::/64 dev t src fc00:1::1",
    ]
    assert data["esp-probe.batch"].splitlines()[-1] == "link add name netdsl-esp type xfrm if_id 4242"
    assert "\tkernel\t" in data["tunnels.tsv"]


def test_user_space_has_no_such_device() -> None:
    world = World(lab(ROUTED % ("", "")), Esp.USER)
    tunnel = end(world.lab, "a", "t").tunnel
    reason = "tunnel `t` needs the kernel's ESP: user space has not a device for each tunnel"
    assert (world.is_up(tunnel), world.why_down(tunnel)) == (False, reason)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (
            "; only tcp/80", "misplaced-statement",
            "routes lead into a tunnel with a device: nothing else chooses its packets",
        ),
        ("; mode transport", "misplaced-statement", "a tunnel with a device is in tunnel mode"),
        (
            "; start on traffic", "misplaced-statement",
            "a tunnel with a device is there while it is up: no traffic can open it",
        ),
        ("; mtu 100", "mtu-out-of-range", "an MTU of 100 is impossible here"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_it(line: str, code: str, message: str) -> None:
    assert (code, message) in [(one.rule.code, one.message) for one in findings(ROUTED % (line, ""))]


def test_a_gateway_of_clients_has_none() -> None:
    text = (ROUTED % ("", "")).replace("between a protecting left and b protecting right", "gateway a ; client b")
    assert "a tunnel with a device is between two nodes" in [one.message for one in findings(text)]


def test_addresses_are_a_devices() -> None:
    text = (ROUTED % ("", "")).replace("device yes ; ", "")
    assert "`addresses` is of the tunnel's device, and it has none" in [one.message for one in findings(text)]


def test_two_between_the_same_addresses_cannot_be_told_apart() -> None:
    second = "ipsec u { between a and b ; over ipv4 ; auth psk ; device yes }"
    assert [one.rule.code for one in findings(ROUTED % ("", second))] == ["tunnels-not-told-apart"]
