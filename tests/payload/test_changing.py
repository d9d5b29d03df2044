"""What of a running node is changed as it runs, and what only a start gives it."""

import pytest

from netdsl.payload.changing import Verdict, changes_of, digests, judged

_NODE = {
    "lab/node.sh": "1",
    "lab/nftables/part.sh": "1",
    "node/parts": "1",
    "node/filter.nft": "1",
    "node/addresses.batch": "1",
    "node/swanctl.conf": "1",
    "credentials/x509/keys.pem": "1",
    "/etc/hosts": "1",
    "/etc/resolv.conf": "1",
}


def _verdict(changed: dict[str, str | None], *parts: str) -> Verdict:
    wanted = {path: text for path, text in {**_NODE, **changed}.items() if text is not None}
    return judged(_NODE, wanted, changes_of(parts or ("nftables", "strongswan")))


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert _verdict({}).is_same


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"node/addresses.batch": "2"}, ("addresses",)),
        ({"node/routes.batch": "2", "/etc/hosts": "2"}, ("hosts file", "routes")),
        ({"node/addresses.batch": None, "node/filter.nft": "2"}, ("addresses", "packet filter")),
        ({"node/while/t.up.nft": "2", "node/while/t.down.nft": "2"}, ("packet filter",)),
        ({"node/swanctl.conf": "2", "node/tunnels.tsv": "2"}, ("tunnels",)),
        ({"credentials/private/keys.pem": "2"}, ("credentials",)),
        ({"node/services.tsv": "2"}, ("services",)),
    ],
)
def test_what_kernel_and_daemons_take_is_changed_inside(changed: dict[str, str | None], words: tuple[str, ...]) -> None:
    assert _verdict(changed) == Verdict(inside=words)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"node/interfaces.tsv": "2"}, "its interfaces"),
        ({"node/run/1": "2"}, "its commands"),
        ({"node/run/1": "2", "node/addresses.batch": "2"}, "its commands"),
        ({"node/parts": "2", "node/gre.tsv": "2"}, "its daemons"),
        ({"node/gre.tsv": "2"}, "gre.tsv"),
        ({"node/files.tsv": "2"}, "its files"),
        ({"lab/node.sh": "2"}, "the scripts of all nodes"),
        ({"credentials/serve/keys.pem": "2"}, "its credentials"),
    ],
)
def test_of_what_only_a_start_gives_the_first_reason_is_said(changed: dict[str, str | None], reason: str) -> None:
    assert _verdict(changed) == Verdict(anew=reason)


def test_a_file_of_a_part_that_the_node_has_not_is_none_that_it_can_take() -> None:
    assert _verdict({"node/swanctl.conf": "2"}, "nftables") == Verdict(anew="swanctl.conf")


def test_credentials_that_another_daemon_of_the_node_reads_when_it_starts_need_a_start() -> None:
    parts = ("nftables", "freeradius", "strongswan")
    assert _verdict({"credentials/x509/keys.pem": "2"}, *parts) == Verdict(anew="its credentials")


def test_scripts_of_parts_that_came_with_another_node_of_the_lab_are_not_this_ones() -> None:
    assert _verdict({"lab/socat/part.sh": "2", "lab/devices.sh": "2"}).is_same


def test_contents_of_files_are_compared_by_their_table() -> None:
    assert _verdict({"node/files/1": "2"}).is_same


def test_what_a_node_says_beside_digests_is_left_out() -> None:
    digest = "a" * 64
    assert digests((f"{digest}  node/parts", "x", f"{digest} node/env", "")) == {"node/parts": digest}
