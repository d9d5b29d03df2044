"""What is read of a node, and what is left out."""

import json

from tests.edits.inside import Inside, inside_of


def _said(**subjects: str) -> str:
    return "".join(f"==== {subject}\n{text}\n" for subject, text in subjects.items())


def _filter(*rules: str, handle: int = 1) -> str:
    """Of one chain."""
    table = {"family": "inet", "table": "netdsl"}
    chain = {"chain": {**table, "name": "input", "handle": handle}}
    lines = [{"rule": {**table, "chain": "input", "handle": handle + 1, "expr": [rule]}} for rule in rules]
    return json.dumps({"nftables": [{"metainfo": {}}, chain, *lines]})


def test_handles_and_pids_are_no_difference_and_the_order_of_rules_is() -> None:
    one = inside_of(_said(filter=_filter("a", "b")))
    assert list(inside_of(_said(filter=_filter("a", "b", handle=9))).differences(one)) == []
    assert list(inside_of(_said(filter=_filter("b", "a"))).differences(one)) == [
        "filter: the same lines in another order"
    ]
    found = list(inside_of(_said(filter=_filter("a"))).differences(one))
    assert len(found) == 1
    assert found[0].startswith("filter: + inet netdsl input: rule")


def test_a_process_is_what_it_was_called_with_its_rights_and_its_environment() -> None:
    text = (
        "==> /proc/1/cmdline <==\nsh /netdsl/lab/node.sh start \n==> /proc/712/cmdline <==\nbusybox httpd -p 80 \n"
        "==> /proc/713/cmdline <==\nsleep infinity\n"
        "/proc/1/status:CapEff:\t0000000000001000\n/proc/712/status:CapEff:\t0000000000000000\n"
        "/proc/712/environ:SIDES=two\n/proc/712/environ:HOSTNAME=one\n/proc/712/environ:INVOCATION_ID=2f\n"
        "/proc/712/environ:JOURNAL_STREAM=9:1346\n/proc/712/environ:MEMORY_PRESSURE_WATCH=/sys/fs/cgroup/x\n"
    )
    assert inside_of(_said(processes=text)).subjects["processes"] == (
        "busybox httpd -p 80 | 0000000000000000 | SIDES=two",
        "sh /netdsl/lab/node.sh start | 0000000000001000 | ",
    )


def test_of_a_tunnel_the_state_stays_and_the_numbers_go() -> None:
    """As `swanctl --list-sas` says it."""
    text = """\
vpn: #{number}, ESTABLISHED, IKEv2, {number}f14f5f3a0f6_i* 6f5c_r
  local  '192.0.2.11' @ 192.0.2.11[4500]
  remote '192.0.2.12' @ 192.0.2.12[{number}]
  AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_384
  established {number}s ago, rekeying in 13700s
  vpn: #{number}, reqid 1, INSTALLED, TUNNEL-in-UDP, ESP:AES_GCM_16-256
    installed {number}s ago, rekeying in 3300s, expires in 3900s
    in  c{number}, {number} bytes, 2 packets
    local  10.1.0.0/24
    remote 10.2.0.0/24"""
    one, other = (inside_of(_said(children=text.format(number=number))) for number in (3, 4500))
    assert list(one.differences(other)) == []
    assert "vpn: ESTABLISHED / vpn: INSTALLED, TUNNEL-in-UDP, ESP:AES_GCM_16-256: local 10.1.0.0/24" in _lines(one)
    down = inside_of(_said(children=text.replace("INSTALLED", "REKEYING").format(number=3)))
    assert list(down.differences(one)) != []
    later = text.replace("ESP:AES_GCM_16-256", "ESP:AES_GCM_16-256/ECP_384").format(number=3)
    assert list(inside_of(_said(children=later)).differences(one)) == []
    going = text.replace("ESTABLISHED", "DELETING").format(number=7)
    twice = inside_of(_said(children=f"{going}\n{text.format(number=8)}"))
    assert list(twice.differences(one)) == []


def _lines(inside: Inside) -> tuple[str, ...]:
    return inside.subjects["children"]


def test_what_the_kernel_makes_up_is_no_difference() -> None:
    def node(made_up: str) -> Inside:
        link = {"ifname": "ipsec0", "link_type": "none", "flags": ["UP"], "mtu": 1400}
        held = {"ifname": "ipsec0", "addr_info": [{"family": "inet6", "local": made_up, "prefixlen": 64}]}
        text = f"interface\tipsec0\tUNKNOWN\t{made_up}/64"
        return inside_of(_said(links=json.dumps([link]), addresses=json.dumps([held]), status=text))

    assert list(node("fe80::1:2:3:4").differences(node("fe80::5:6:7:8"))) == []
    assert list(node("fd00::1").differences(node("fd00::2"))) != []
