"""What is left out when two insides are compared, and what is not: by what the tools print, without any node."""

import json

from tests.live.inside import Inside, inside_of, same_keys

_LINK = {"ifname": "lan", "flags": ["BROADCAST", "UP"], "mtu": 1400, "address": "02:6e:64:00:00:01"}
_ADDRESS = {"family": "inet", "local": "10.1.0.1", "prefixlen": 16, "scope": "global", "valid_life_time": 4294967295}
_MGMT = {"ifname": "mgmt", "flags": ["UP"], "mtu": 1500, "address": "02:6e:6d:00:00:01", "addr_info": [_ADDRESS]}
_TUN = {"ifname": "ipsec0", "flags": ["UP"], "mtu": 1400, "addr_info": []}
_ROUTE = {"dst": "default", "gateway": "10.1.0.2", "dev": "lan", "flags": []}
_RULE = {"family": "inet", "table": "netdsl", "chain": "forward", "handle": 7, "expr": [{"drop": None}]}
_COUNTED = {**_RULE, "expr": [{"counter": {"packets": 3, "bytes": 80}}, {"drop": None}]}
_WALL = {"family": "inet", "table": "netdsl_mgmt", "chain": "in", "handle": 1, "expr": [{"accept": None}]}
_RESOLVER = [
    {"chain": {"family": "ip", "table": "nat", "name": "DOCKER_OUTPUT", "handle": 1}},
    {"rule": {"family": "ip", "table": "nat", "chain": "DOCKER_OUTPUT", "handle": 2, "expr": []}},
]
_SYSCTL = "/proc/sys/net/ipv4/conf/"


def _inside(**changed: object) -> Inside:
    """A gateway, or one that differs in a subject: JSON where a tool prints that."""
    plain: dict[str, object] = {
        "addresses": [{**_LINK, "addr_info": [_ADDRESS]}],
        "routes": [_ROUTE],
        "routes_of_IPv6": [],
        "rules": "0:\tfrom all lookup local",
        "neighbours": "10.1.0.9 dev lan lladdr 02:6e:64:00:00:09 PERMANENT",
        "filter": {"nftables": [{"metainfo": {"version": "1"}}, {"rule": _RULE}]},
        "sysctls": f"{_SYSCTL}lan/rp_filter:1",
        "asked_sysctls": "net.ipv4.ip_forward\t1",
        "hosts": "127.0.0.1\tlocalhost",
        "sockets": "udp UNCONN 0 0 0.0.0.0:500 0.0.0.0:*",
        "packages": "nftables 1.1.3-1",
    }
    texts = ((name.replace("_", " "), value) for name, value in (plain | changed).items())
    return inside_of(
        "\n".join(f"==== {name}\n{value if isinstance(value, str) else json.dumps(value)}" for name, value in texts)
    )


def test_what_belongs_to_the_runtime_is_left_out() -> None:
    of_a_machine = _inside(
        addresses=[{**_LINK, "ifindex": 9, "addr_info": [_ADDRESS]}, _MGMT, _TUN],
        routes=[_ROUTE, {**_ROUTE, "dev": "mgmt", "dst": "10.177.0.0/24"}, {**_ROUTE, "table": "220"}],
        rules="0:\tfrom all lookup local\n219:\tfrom all lookup 219\n220:\tfrom all lookup 220",
        filter={"nftables": [{"rule": _WALL}, {"rule": {**_RULE, "handle": 9}}]},
        sysctls=f"{_SYSCTL}lan/rp_filter:1\n{_SYSCTL}mgmt/rp_filter:2",
        sockets="udp UNCONN 0 0 0.0.0.0:500 0.0.0.0:*\ntcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"
        "udp UNCONN 0 0 10.177.0.2%mgmt:68 0.0.0.0:*",
    )
    in_a_container = _inside(
        filter={"nftables": [{"rule": _RULE}, *_RESOLVER]},
        sockets="udp UNCONN 0 0 127.0.0.11:40001 0.0.0.0:*\nudp UNCONN 0 0 0.0.0.0:500 0.0.0.0:*",
    )
    assert of_a_machine.differences(in_a_container) == []


def test_counters_and_handles_pass() -> None:
    more = {**_COUNTED, "handle": 8, "expr": [{"counter": {"packets": 4, "bytes": 90}}, {"drop": None}]}
    one, two = (_inside(filter={"nftables": [{"rule": rule}]}) for rule in (_COUNTED, more))
    assert one.differences(two) == []


def test_every_subject_notices_a_changed_value() -> None:
    changes: dict[str, object] = {
        "addresses": [{**_LINK, "mtu": 1500, "addr_info": [_ADDRESS]}],
        "routes": [{**_ROUTE, "gateway": "10.1.0.3"}],
        "routes_of_IPv6": [{**_ROUTE, "gateway": "fc00::1"}],
        "rules": "0:\tfrom all lookup local\n7777:\tfrom all lookup 7777",
        "neighbours": "10.1.0.9 dev lan lladdr 02:6e:64:00:00:08 PERMANENT",
        "filter": {"nftables": [{"rule": {**_RULE, "expr": [{"accept": None}]}}]},
        "sysctls": f"{_SYSCTL}lan/rp_filter:0",
        "hosts": "127.0.0.1\tlocalhost pc",
        "sockets": "udp UNCONN 0 0 0.0.0.0:501 0.0.0.0:*",
        "packages": "nftables 1.1.4-1",
    }
    for name, value in changes.items():
        found = _inside().differences(_inside(**{name: value}))
        assert found, name
        assert {line.split(":")[0] for line in found} == {name.replace("_", " ")}


def test_rules_in_another_order_are_another_filter() -> None:
    other = {**_RULE, "expr": [{"accept": None}]}
    one, two = (
        _inside(filter={"nftables": [{"rule": rule} for rule in rules]}) for rules in ((_RULE, other), (other, _RULE))
    )
    assert one.differences(two) == ["filter: the same rules in another order"]


def test_a_table_that_nobody_knows_is_a_difference() -> None:
    stranger = {"table": {"family": "ip", "name": "nat", "handle": 1}}
    assert _inside().differences(_inside(filter={"nftables": [{"rule": _RULE}, stranger]})) != []


def test_a_sysctl_that_one_kernel_lacks_is_none_of_the_labs_matter() -> None:
    newer = _inside(sysctls=f"{_SYSCTL}lan/rp_filter:1\n{_SYSCTL}lan/invented:5")
    one, two = same_keys(_inside(), newer)
    assert one.differences(two) == []
    assert one.subjects["sysctls"] == ("net.ipv4.conf.lan.rp_filter = 1",)
