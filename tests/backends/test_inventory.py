"""Labels of the engine's containers and networks: compared as wholes, whatever stands in them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from netdsl.backends.compose import inventory, removal
from netdsl.backends.compose.model import parent_device
from netdsl.backends.compose.own import BESIDE
from netdsl.runtime.driver import DriverError, FoundLab

ID = "0123456789abcdef" * 4


def _id(number: int) -> str:
    return f"{number:064x}"


class Engine:
    """Containers and networks, as `docker` says them; keeps what it was told to take away."""

    def __init__(self) -> None:
        self.containers: list[list[str]] = []
        self.networks: list[dict[str, object]] = []
        self.told: list[tuple[str, ...]] = []

    def container(
        self, project: str, service: str, *, node: str = "", lab: str = "", folder: str = "", name: str = ""
    ) -> str:
        identity = _id(len(self.containers))
        row = [identity, name or f"{project}-{service}-1", project, service, node, lab, folder, "running", ""]
        self.containers.append(row)
        return identity

    def network(self, project: str, key: str, *, mark: str = "", parent: str = "") -> str:
        identity = _id(1000 + len(self.networks))
        labels = {"com.docker.compose.project": project, "com.docker.compose.network": key}
        labels |= {"netdsl.network": mark, "netdsl.lab": project} if mark else {}
        self.networks.append(
            {"Id": identity, "Name": f"{project}_{key}", "Labels": labels, "Options": {"parent": parent}, "IPAM": {}}
        )
        return identity

    def said(self, words: Sequence[str], **_: object) -> str:
        match list(words):
            case ["ps", *_]:
                return "".join(json.dumps(row) + "\n" for row in self.containers)
            case ["network", "ls", *_]:
                rows = (self._row(network) for network in self.networks)
                return "".join(json.dumps(row) + "\n" for row in rows)
            case ["network", "inspect", *identities]:
                return json.dumps([network for network in self.networks if network["Id"] in identities])
            case ["rm", _, _, *identities]:
                self.containers = [row for row in self.containers if row[0] not in identities]
            case ["network", "rm", *identities]:
                self.networks = [network for network in self.networks if network["Id"] not in identities]
        self.told.append(tuple(words))
        return ""

    def _row(self, network: dict[str, object]) -> list[str]:
        labels = network["Labels"]
        assert isinstance(labels, dict)
        keys = ("com.docker.compose.project", "netdsl.network", "netdsl.lab")
        return [str(network["Id"]), *(labels.get(key, "") for key in keys)]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(inventory, "said", made.said)
    monkeypatch.setattr(removal, "said", made.said)
    monkeypatch.setattr(removal, "make_image", lambda _: None)
    return made


def test_labs_are_found_by_netdsls_labels_alone(engine: Engine) -> None:
    engine.container("exam", "a", node="a", lab="exam", folder="/labs/exam")
    engine.container("exam", "b", node="b", lab="exam", folder="/labs/exam")
    engine.container("shop", "web", folder="/srv/shop")
    engine.container("blue", "a", node="a", lab="exam", folder="relative")
    engine.network("left", "lan", mark="lan")
    engine.network("shop", "default")
    engine.container("half", "netdsl.beside")
    engine.container("-x --y", "a", node="a", lab="exam")
    assert inventory.found_labs() == (
        FoundLab("exam", "blue", None),
        FoundLab("exam", "exam", Path("/labs/exam")),
        FoundLab("half", "half", None),
        FoundLab("left", "left", None),
    )


def test_a_lab_goes_by_its_marks_and_nothing_else_does(engine: Engine) -> None:
    nodes = [engine.container("exam", name, node=name, lab="exam") for name in ("b", "a")]
    beside = engine.container("exam", "netdsl.beside", name="frosty")
    foreign = engine.container("exam", "web", folder="/srv/exam")
    others = [engine.container(project, "a", node="a", lab="exam") for project in ("exam2", "exa", "Exam", "exam ")]
    own = engine.network("exam", "lan", mark="lan", parent=parent_device("exam", "lan"))
    users = engine.network("exam", "wan", mark="wan", parent="eth1")
    engine.network("exam", "web")
    engine.network("exam2", "lan", mark="lan", parent=parent_device("exam2", "lan"))
    said: list[str] = []
    removal.take_away_marked("exam", said.append)
    assert [row[0] for row in engine.containers] == [foreign, *others]
    assert [network["Name"] for network in engine.networks] == ["exam_web", "exam2_lan"]
    assert said == [
        "removed the node a",
        "removed the node b",
        "note: the container exam-web-1 of the project exam stays: it is not netdsl's",
    ]
    assert [words[:2] for words in engine.told] == [
        ("stop", "-t"),
        ("rm", "--force"),
        ("network", "rm"),
        ("run", "--rm"),
    ]
    assert set(engine.told[0][3:]) == set(nodes)  # a node gives its interfaces back before it is removed
    assert set(engine.told[1][3:]) == {*nodes, beside}
    assert engine.told[2][2:] == (own, users)
    assert engine.told[3][-2:] == ("sh", parent_device("exam", "lan"))
    assert BESIDE.name in engine.told[3]


def test_where_nothing_is_left_nothing_is_asked_for(engine: Engine) -> None:
    engine.container("shop", "web")
    removal.take_away_marked("exam", lambda _: None)
    assert engine.told == []


def test_a_node_that_does_not_run_is_not_stopped(engine: Engine) -> None:
    node = inventory.EngineContainer(ID, "x", "exam", "a", "a", state="exited")
    removal.remove([node], [])
    assert engine.told == [("rm", "--force", "--volumes", ID)]


@pytest.mark.parametrize(
    ("errors", "is_fine"),
    [
        (f"Error response from daemon: No such container: {ID}", True),
        (f"Error response from daemon: network {ID} not found\nError: No such network: x", True),
        ("Error response from daemon: network x has active endpoints", False),
    ],
)
def test_what_is_gone_already_is_no_error(
    errors: str, is_fine: bool, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(words: Sequence[str], **_: object) -> str:
        raise DriverError("Docker refused", command="docker rm", status=1, tail=errors)

    monkeypatch.setattr(removal, "said", said)
    monkeypatch.setattr(removal, "sleep", lambda _: None)
    node = inventory.EngineContainer(ID, "x", "exam", "a", "a")
    if is_fine:
        removal.remove([node], [])
    else:
        with pytest.raises(DriverError, match="Docker refused"):
            removal.remove([node], [])
