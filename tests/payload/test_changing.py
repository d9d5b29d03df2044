"""What of a running node is changed as it runs, and what only a start gives it."""

import pytest

from netdsl.codegen.changing import foretold, told
from netdsl.payload.changing import Verdict, changes_of, digests, file_that_needs_start, judged, lines_of, needs_start
from netdsl.runtime.driver import Answer, DriverError, NodeChange

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
        ({"node/files.tsv": "2", "node/env": "2"}, ("environment", "files")),
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
        ({"node/files.tsv": "2", "node/run/1": "1"}, "its files"),
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


@pytest.mark.parametrize("path", ["serve/keys.pem", "ocsp/8080/index", "radius/1812/users", "private/keys.pem"])
def test_services_begin_anew_with_other_credentials(path: str) -> None:
    parts = ("nftables", "socat", "freeradius", "openssl")
    assert _verdict({f"credentials/{path}": "2"}, *parts) == Verdict(inside=("services",))


def test_what_commands_have_read_is_not_changed_while_they_run() -> None:
    with_command = {**_NODE, "node/run/1": "1"}
    for path, reason in (("node/files.tsv", "its files"), ("node/env", "its environment")):
        assert judged(with_command, {**with_command, path: "2"}, {}) == Verdict(anew=reason)


@pytest.mark.parametrize(
    ("before", "after", "parts", "has_env", "path"),
    [
        ("/etc/motd", "/etc/issue", "nftables", True, ""),
        ("/srv/a", "/srv/b", "nftables busybox", False, ""),
        ("/srv/a", "/srv/b", "nftables busybox", True, "/srv/a"),
        ("/etc/motd", "/etc/motd", "nftables busybox", True, ""),
        ("/etc/motd", "", "nftables busybox", False, "/etc/motd"),
        ("", "/etc/ssl/openssl.cnf", "nftables socat", False, "/etc/ssl/openssl.cnf"),
        ("", "/srv/x/../../etc/motd\t", "nftables socat", False, ""),
    ],
)
def test_a_file_that_daemons_may_have_read_needs_a_start(
    before: str, after: str, parts: str, has_env: bool, path: str
) -> None:
    first, second = ([f"file\t1\t0644\t{one}\t{'a' * 64}"] if one else [] for one in (before, after))
    found = file_that_needs_start(first, second, parts.split(), has_env=has_env)
    assert found == (path and f"the file {path}, which its daemons may read")


def test_scripts_of_parts_that_came_with_another_node_of_the_lab_are_not_this_ones() -> None:
    assert _verdict({"lab/socat/part.sh": "2", "lab/devices.sh": "2"}).is_same


def test_contents_of_files_are_compared_by_their_table() -> None:
    assert _verdict({"node/files/1": "2"}).is_same


def test_what_a_node_says_beside_digests_is_left_out() -> None:
    digest = "a" * 64
    assert digests((f"{digest}  node/parts", "x", f"{digest} node/env", "")) == {"node/parts": digest}


_ADDRESS = "address add 10.1.0.1/24 dev lan"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (_ADDRESS, "address add 10.1.0.2/24 dev lan", ""),
        (_ADDRESS, "route replace 10.1.0.0/24 via 10.2.0.1 dev wan", "a route for a network of its own"),
        (_ADDRESS, "route replace 10.1.0.0/25 via 10.2.0.1 dev wan", ""),
        ("", "address add fe80::7/64 dev lan nodad", "a link-local address of `lan`"),
        ("address add fe80::7/64 dev lan nodad", "", "a link-local address of `lan`"),
        ("address add x/y dev lan", "route replace default via 10.2.0.1 dev wan", ""),
    ],
)
def test_addresses_and_routes_that_the_script_cannot_change_need_a_start(before: str, after: str, reason: str) -> None:
    assert needs_start([before], [after]) == reason


def test_addresses_and_routes_of_a_node_are_told_from_its_digests() -> None:
    assert lines_of((f"+ {_ADDRESS}", "a" * 64, "+x")) == (_ADDRESS,)


_CHANGED = {"a": Verdict(inside=("addresses", "routes")), "b": Verdict(inside=("services",))}


def test_what_becomes_of_nodes_is_foretold_but_for_those_that_are_as_they_should_be() -> None:
    verdicts = {**_CHANGED, "c": Verdict(), "d": Verdict(anew="its links")}
    assert foretold(verdicts) == (
        NodeChange("a", True, "addresses, routes"),
        NodeChange("b", True, "services"),
        NodeChange("d", False, "its links"),
    )


def test_what_became_of_nodes_is_said_and_those_that_need_a_start_are_given_back() -> None:
    said: list[str] = []
    answers = {"b": Answer(3, "a link-local\naddress\n"), "a": Answer(0, "")}
    assert told(answers, _CHANGED, said.append) == ("b",)
    assert said == ["a: changed as it runs: addresses, routes", "b: is made anew: a link-local address"]


def test_a_node_that_could_not_be_changed_is_an_error_with_its_reason() -> None:
    said: list[str] = []
    with pytest.raises(DriverError) as caught:
        told({"a": Answer(0, ""), "b": Answer(1, "no\n")}, _CHANGED, said.append)
    assert caught.value.message == "1 of 2 nodes could not be changed, and run as before"
    assert caught.value.tail == "b: no"
    assert said == ["a: changed as it runs: addresses, routes"]
