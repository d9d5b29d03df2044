"""What of the engine's containers and networks has to go before a project is started, and what is not touched."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netdsl.backends.compose.inventory import EngineContainer, EngineNetwork
from netdsl.backends.compose.surplus import Surplus, surplus, wanted
from netdsl.runtime.driver import Deployment, DriverError

FOLDER = "/labs/build/exam/compose"
DEPLOYMENT = Deployment(Path(FOLDER), "exam")


def _config(*services: str, networks: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"services": {key: {} for key in services}, "networks": networks or {"lan": LAN}}


LAN: dict[str, Any] = {
    "name": "exam_lan",
    "driver": "macvlan",
    "driver_opts": {"parent": ""},
    "internal": True,
    "ipam": {"config": [{"subnet": "240.1.2.8/29"}]},
}


def _node(name: str, **changes: Any) -> EngineContainer:
    node = EngineContainer(name, f"exam-{name}-1", "exam", name, name, "exam", FOLDER, "running", ("exam_lan",))
    return replace(node, **changes)


def _network(key: str = "lan", **changes: Any) -> EngineNetwork:
    network = EngineNetwork(
        f"id-{key}", f"exam_{key}", "exam", key, key, "exam", "macvlan", ("240.1.2.8/29",), True, {"parent": "nd01"}
    )
    return replace(network, **changes)


BESIDE = EngineContainer("cap", "frosty", "exam", "netdsl.beside")


def _surplus(
    config: dict[str, Any],
    containers: tuple[EngineContainer, ...],
    networks: tuple[EngineNetwork, ...] = (),
    companions: dict[str, str] | None = None,
) -> Surplus:
    return surplus(DEPLOYMENT, wanted(config), containers, networks, companions or {})


def test_of_a_lab_that_runs_as_it_is_compiled_nothing_goes() -> None:
    containers = (_node("a"), _node("b", state="exited"))
    assert _surplus(_config("a", "b"), containers, (_network(),)) == Surplus()


def test_a_node_and_a_network_that_are_not_in_the_lab_go() -> None:
    found = _surplus(_config("a"), (_node("a"), _node("b")), (_network(), _network("old")))
    assert [container.id for container in found.containers] == ["b"]
    assert [network.id for network in found.networks] == ["id-old"]
    assert found.texts == ("the node b, which the lab has no more", "the network old, which the lab has no more")


def test_a_network_that_was_renamed_goes_with_the_nodes_in_it() -> None:
    """They stay in the lab, and the engine removes no network that a container is in."""
    networks = {"wan": {**LAN, "name": "exam_wan"}}
    containers = (_node("a"), _node("b", networks=("exam_other", "exam_lan")), _node("c", networks=("exam_other",)))
    found = _surplus(_config("a", "b", "c", networks=networks), containers, (_network(),))
    assert [container.id for container in found.containers] == ["a", "b"]
    assert [network.id for network in found.networks] == ["id-lan"]
    assert found.texts == (
        "the network lan, which the lab has no more",
        "the node a, to make it anew: it is in lan",
        "the node b, to make it anew: it is in lan",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"subnets": ("240.1.2.16/28",)},
        {"driver": "bridge"},
        {"is_internal": False},
    ],
    ids=str,
)
def test_a_network_that_is_another_one_now_goes_with_the_nodes_in_it(change: dict[str, Any]) -> None:
    containers = (_node("a"), _node("b", networks=("exam_wan",)))
    found = _surplus(_config("a", "b"), containers, (_network(**change),))
    assert [container.id for container in found.containers] == ["a"]
    assert found.texts == (
        "the network lan, to make it anew: it has changed",
        "the node a, to make it anew: it is in lan",
    )


@pytest.mark.parametrize(("parent", "is_other"), [("eth1", True), ("nd01", False), ("", False)])
def test_a_parent_counts_once_it_is_said(parent: str, is_other: bool) -> None:
    lan = {**LAN, "driver_opts": {"parent": parent}}
    assert bool(_surplus(_config("a", networks={"lan": lan}), (_node("a"),), (_network(),)).networks) is is_other


def test_what_the_engine_adds_to_a_network_makes_it_no_other() -> None:
    network = _network(options={"parent": "nd01", "com.docker.network.enable_ipv4": "true"})
    assert _surplus(_config("a"), (_node("a"),), (network,)) == Surplus()


def test_a_network_without_netdsls_mark_stays() -> None:
    networks = (_network("old", mark=""), _network(mark="", subnets=("10.0.0.0/24",)))
    assert _surplus(_config("a"), (_node("a"),), networks) == Surplus()


def test_a_container_of_the_users_own_file_stays_while_it_is_in_the_file() -> None:
    own = _node("tap", node="", lab="")
    assert _surplus(_config("a", "tap"), (_node("a"), own)) == Surplus()
    assert _surplus(_config("a"), (_node("a"), own)).containers == (own,)


@pytest.mark.parametrize("folder", ["", "/labs/build/exam", f"{FOLDER}/", "/labs/build/exam/compose2"])
def test_a_container_that_is_not_netdsls_is_refused(folder: str) -> None:
    other = _node("web", node="", lab="", folder=folder)
    with pytest.raises(DriverError, match="`exam-web-1` of a Compose project `exam` is not netdsl's") as refusal:
        _surplus(_config("web"), (_node("a"), other))
    assert "--project NAME" in str(refusal.value.remedy)


def test_a_container_of_another_in_a_network_that_has_to_go_is_named() -> None:
    network = _network("old", containers={"b": "exam-b-1", "x": "theirs"})
    with pytest.raises(DriverError, match="the container `theirs` in it is not the lab's") as refusal:
        _surplus(_config("a"), (_node("b"),), (network,))
    assert refusal.value.remedy == "docker network disconnect exam_old theirs"
    assert _surplus(_config("a"), (_node("a"),), (_network(containers={"a": "exam-a-1", "x": "theirs"}),)) == Surplus()


@pytest.mark.parametrize(
    ("node", "goes"),
    [(_node("a"), False), (_node("a", state="exited"), True), (_node("ghost"), True), (None, True)],
    ids=["runs", "was-killed", "is-not-in-the-lab", "is-gone"],
)
def test_a_capture_ends_with_its_node(node: EngineContainer | None, goes: bool) -> None:
    """It holds the node's network: addresses that the node, or the next one, wants."""
    containers = (BESIDE,) if node is None else (node, BESIDE)
    companions = {"cap": "a" if node is None else node.id}
    assert (BESIDE in _surplus(_config("a"), containers, (), companions).containers) is goes
