"""A lab is closed with each driver: neither the host nor the engine's resolver is a way in or out.

Each negative has its control beside it: the same probe once what closes the lab is taken out of that one node.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.live.compose import ComposeLab
from tests.live.conftest import Starter
from tests.live.machine import HERE
from tests.live.small import PAIR

pytestmark = pytest.mark.live

_ALL_NODES = "ff02::1"
_OF_THE_LAB = "fe80::6e:64ff:fe"  # what the MAC addresses' prefix gives


@contextmanager
def without(lab: ComposeLab, node: str, *what: str) -> Iterator[None]:
    """One node without a table or chain of the payload; restarted afterwards, which brings it back."""
    lab.say(node, "nft", "delete", *what)
    try:
        yield
    finally:
        lab.restart(node)


def neighbours_of(lab: ComposeLab, node: str) -> set[str]:
    """Who answers a node that asks all on its network: link-local addresses."""
    return _answers(lab.run(node, "ping", "-n", "-6", "-w", "3", f"{_ALL_NODES}%lan").stdout)


def neighbours_of_the_host(lab: ComposeLab) -> set[str]:
    """The same, asked from the host over its end of the network."""
    form = '{{.ID}} {{.Label "com.docker.compose.project"}}'
    networks = [line.split() for line in HERE.say("docker", "network", "ls", "--format", form).splitlines()]
    (network,) = (line[0] for line in networks if line[1:] == [lab.project])
    words = ("docker", "run", "--rm", "--network", "host", "--entrypoint", "sh", lab.image("one"), "-c")
    return _answers(HERE.say(*words, f"ping -n -6 -w 3 {_ALL_NODES}%br-{network[:12]} || true"))


def _answers(said: str) -> set[str]:
    """Of `64 bytes from fe80::1%lan: icmp_seq=1 …`."""
    lines = [line for line in said.splitlines() if " bytes from " in line]
    return {line.split(" from ")[1].split("%")[0].split(" ")[0].rstrip(":") for line in lines}


@pytest.mark.parametrize("driver", ["macvlan", "bridge"])
def test_only_the_labs_interfaces_are_on_a_network(deploy: Starter, driver: str) -> None:
    lab = deploy(PAIR, driver, "--driver", driver)
    lab.up()
    found = neighbours_of(lab, "two")
    assert len(found) == 2  # itself and the other
    assert all(address.startswith(_OF_THE_LAB) for address in found)


def test_the_host_at_a_bridge_neither_answers_nor_is_answered(deploy: Starter) -> None:
    lab = deploy(PAIR, "host", "--driver", "bridge")
    lab.up()
    assert neighbours_of_the_host(lab) & neighbours_of(lab, "two") == set()
    assert not any(address.startswith(_OF_THE_LAB) for address in neighbours_of_the_host(lab))
    with without(lab, "two", "table", "inet", "netdsl_guard"):
        assert any(not address.startswith(_OF_THE_LAB) for address in neighbours_of(lab, "two"))
        assert any(address.startswith(_OF_THE_LAB) for address in neighbours_of_the_host(lab))


@pytest.mark.parametrize("driver", ["macvlan", "bridge"])
def test_the_engines_resolver_does_not_answer(deploy: Starter, driver: str) -> None:
    """It knows the nodes by the engine's addresses, and asks the outside for what it does not know."""
    lab = deploy(PAIR, f"resolver-{driver}", "--driver", driver)
    lab.up()
    words = ("timeout", "5", "busybox", "nslookup", "one", "127.0.0.11")
    assert lab.run("two", *words).returncode != 0
    assert lab.say("two", "cat", "/etc/resolv.conf") == ""
    assert lab.fetch("two", "http://one/") == "one.http"  # by the lab's hosts file
    with without(lab, "two", "table", "inet", "netdsl"):
        assert "240." in lab.say("two", *words) or "Address" in lab.say("two", *words)
