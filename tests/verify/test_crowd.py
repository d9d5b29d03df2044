"""Sets of addresses as bits of a number."""

from ipaddress import ip_address, ip_network

from netdsl.verify.crowd import crowd_of

NAMES = ("10.0.0.1", "10.0.0.200", "10.0.1.1", "192.0.2.7", "fc00::1", "fc00:1::1")
CROWD = crowd_of(map(ip_address, (*reversed(NAMES), "127.0.0.1", "fe80::1")))


def test_addresses_stand_in_their_order_and_those_of_each_node_alone_are_left_out() -> None:
    assert tuple(map(str, CROWD.addresses)) == NAMES
    assert CROWD.everybody == {4: 0b001111, 6: 0b110000}


def test_a_prefix_is_the_set_of_those_in_it() -> None:
    found = {
        text: CROWD.of(ip_network(text)) for text in ("10.0.0.0/24", "0.0.0.0/0", "10.9.0.0/16", "fc00::/32", "::/0")
    }
    assert found == {
        "10.0.0.0/24": 0b000011,
        "0.0.0.0/0": 0b001111,
        "10.9.0.0/16": 0,
        "fc00::/32": 0b010000,
        "::/0": 0b110000,
    }


def test_a_set_gives_its_addresses_back() -> None:
    assert [str(one) for one in CROWD.each(CROWD.these(map(ip_address, ("fc00::1", "10.0.0.200", "10.77.0.1"))))] == [
        "10.0.0.200",
        "fc00::1",
    ]
