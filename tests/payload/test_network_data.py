"""What the script reads of interfaces and routes."""

from netdsl.payload.network import SpanningTree, network_files
from tests.compiling import lab_of

LAB = """
link r1.p -- r2.p
network n fd00:1::/64
router r1 { loopback 10.9.0.1 ; interface on n ::1, fe80::1 ; route 10.9.0.2 via r2.p ; route fd00::/8 via fe80::2 }
router r2 { loopback 10.9.0.2 ; interface on n fe80::2 ; default via r1.n }
"""


def texts(node: str) -> dict[str, list[str]]:
    found = next(each for each in lab_of(LAB).nodes if each.id == node)
    files = network_files(found, SpanningTree(frozenset(), is_exact=True))
    return {file.path: file.content.decode().splitlines() for file in files}


def test_link_local_addresses_and_borrowed_ones_are_added_as_others() -> None:
    assert texts("r1")["addresses.batch"] == [
        "address add fe80::1/64 dev n nodad",
        "address add fd00:1::1/64 dev n nodad",
        "address add 10.9.0.1/32 dev p",
        "address add 10.9.0.1/32 dev lo",
    ]


def test_an_address_of_the_loopback_is_there_at_once() -> None:
    found = next(node for node in lab_of("lab x\nhost h { loopback fc00::1, 10.9.0.1 }").nodes)
    files = network_files(found, SpanningTree(frozenset(), is_exact=True))
    text = next(file.content.decode() for file in files if file.path == "addresses.batch")
    assert text.splitlines() == ["address add fc00::1/128 dev lo nodad", "address add 10.9.0.1/32 dev lo"]


def test_a_route_to_a_borrowed_address_is_on_the_link() -> None:
    assert texts("r1")["routes.batch"] == [
        "route replace 10.9.0.2/32 via 10.9.0.2 dev p onlink",
        "route replace fd00::/8 via fe80::2 dev n",
    ]


def test_who_is_on_an_unnumbered_link_has_a_route_there_as_a_prefix_gives_one() -> None:
    assert texts("r2")["routes.batch"] == ["route replace 10.9.0.1/32 dev p", "route replace default via fe80::1 dev n"]
