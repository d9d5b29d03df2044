"""The states of containers: few questions to the engine, and what they are taken for."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from netdsl.backends.compose import engine, states
from netdsl.runtime.driver import Answer, Deployment, DriverError, NodeState

_FILES = (
    "payload/lab/node.sh", "payload/nodes/gw/filter.nft", "payload/nodes/gw/tunnels.tsv", "payload/nodes/pc/filter.nft",
    "payload/nodes/web/services.tsv", "payload/nodes/raw/run/1",
)  # fmt: skip


def _container(state: str = "running", health: str | None = "healthy", **others: object) -> dict[str, object]:
    found: dict[str, object] = {"Status": state, "ExitCode": 0, **others}
    if health is not None:
        found["Health"] = {"Status": health, "Log": [{"Output": "old"}, {"Output": "tunnel vpn: is not up\n"}]}
    return found


class Engine:
    """Answers what `docker` is asked, and remembers it. `inside`: what nodes say."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.containers: dict[str, dict[str, object]] = {}
        self.inside: dict[str, Answer | Exception] = {}
        self.asked: list[str] = []
        self.logs: dict[str, str] = {}
        self.answer = Answer(0, "")

    def run(self, words: Sequence[str], timeout: float, given: bytes = b"") -> Answer:
        self.asked.append(" ".join(words[:2]))
        match words[0]:
            case "ps" if "--quiet" in words:
                return Answer(0, "".join(f"{name}\n" for name in self.containers))
            case "ps":
                rows = ((f"id-{name}", state["Status"], name, self.folder) for name, state in self.containers.items())
                return Answer(0, "".join("\t".join(map(str, row)) + "\n" for row in rows))
            case "container":
                found = "".join(f"{json.dumps(self._record(name))}\n" for name in words[4:] if name in self.containers)
                return Answer(self.answer.status, found, self.answer.errors)
            case _:
                found_inside = self.inside[words[1]]
                if isinstance(found_inside, Exception):
                    raise found_inside
                return found_inside

    def _record(self, name: str) -> Mapping[str, object]:
        labels = {"com.docker.compose.service": name, "com.docker.compose.project.working_dir": self.folder}
        state = self.containers[name]
        return {"id": name, "state": state, "restarts": state.get("restarts", 0), "labels": labels}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    manifest = {
        "format": 1, "generator": "-", "lab": "x", "target": "compose", "project": "x", "expires": None,
        "files": dict.fromkeys(_FILES, "0" * 64), "places": {},
    }  # fmt: skip
    (tmp_path / "netdsl-manifest.json").write_text(json.dumps(manifest))
    fake = Engine(tmp_path)
    monkeypatch.setattr(engine, "_run", fake.run)
    monkeypatch.setattr(states, "output_of", lambda words, **_: Answer(0, fake.logs[words[-1]]))
    monkeypatch.setattr(engine, "client_fault", lambda: None)
    return fake


def _states(fake: Engine, *names: str, is_full: bool = False) -> dict[str, NodeState]:
    found = states.states(Deployment(Path(fake.folder), "x"), names, is_full=is_full)
    return {state.node: state for state in found}


def test_the_engine_is_asked_once_of_all_and_a_node_where_something_can_have_ended(fake: Engine) -> None:
    fake.containers = {name: _container() for name in ("gw", "pc", "web", "raw")}
    fake.inside = {name: Answer(0, "node\tready\n") for name in ("gw", "web", "raw")}
    assert {state.health for state in _states(fake).values()} == {"ready"}
    assert sorted(fake.asked) == ["container inspect", "exec gw", "exec raw", "exec web", "ps --all"]


def test_in_full_all_that_run_are_asked(fake: Engine) -> None:
    fake.containers = {"pc": _container()}
    fake.inside = {"pc": Answer(0, "node\tready\ninterface\tlan\tUP\t\n")}
    found = _states(fake, is_full=True)
    assert found["pc"] == NodeState("pc", "running", "ready", ("node\tready", "interface\tlan\tUP\t"))
    assert found["gw"] == NodeState("gw", "absent", "-")
    assert list(found) == ["gw", "pc", "web", "raw"]


def test_nodes_by_name_alone(fake: Engine) -> None:
    fake.containers = {name: _container() for name in ("gw", "pc", "user")}
    assert list(_states(fake, "pc", "user")) == ["pc"], "one of the user's own is no node of the lab"


@pytest.mark.parametrize(
    ("health", "said", "state"),
    [
        ("unhealthy", "node\tready\n", ("ready", "")),  # came up after the engine's check had given up
        ("healthy", "node\tservice http has ended\n", ("not ready", "service http has ended")),
        ("starting", "node\tstill starting\n", ("starting", "still starting")),
        ("starting", "node\ttunnel vpn: is not up\n", ("starting", "tunnel vpn: is not up")),
        ("unhealthy", "node\ttunnel vpn: is not up\n", ("not ready", "tunnel vpn: is not up")),
        ("unhealthy", "sh: not found\n", ("not ready", "tunnel vpn: is not up")),
        (None, "node\tready\n", ("ready", "")),
    ],
)
def test_what_a_node_says_now_goes_before_the_engine_s_last_check(
    fake: Engine, health: str | None, said: str, state: tuple[str, str]
) -> None:
    fake.containers, fake.logs = {"gw": _container(health=health)}, {"gw": "netdsl: configured\n"}
    fake.inside = {"gw": Answer(0, said)}
    found = _states(fake, "gw")["gw"]
    assert (found.health, found.reason) == state


def test_what_has_ended_in_a_node_has_its_last_lines(fake: Engine) -> None:
    fake.containers = {"raw": _container()}
    fake.inside = {"raw": Answer(0, "node\trun 1 has ended with status 1: tcpdump\nrun\t1\tended\t1\ttcpdump\n")}
    fake.logs = {"raw": "netdsl: configured\ntcpdump: no device\nnetdsl: run 1 has ended with status 1\n"}
    found = _states(fake, "raw")["raw"]
    assert (found.health, found.reason) == ("not ready", "run 1 has ended with status 1: tcpdump")
    assert found.last == ("tcpdump: no device", "netdsl: run 1 has ended with status 1")


def test_a_node_that_was_restarted_says_so(fake: Engine) -> None:
    fake.containers = {"pc": _container(restarts=4)}
    assert _states(fake, "pc")["pc"] == NodeState("pc", "running", "ready", reason="restarted 4 times")


def test_a_node_that_does_not_answer_is_not_ready(fake: Engine) -> None:
    fake.containers = {"gw": _container()}
    fake.inside = {"gw": subprocess.TimeoutExpired("docker", 30)}
    assert _states(fake, "gw")["gw"] == NodeState("gw", "running", "not ready", reason="it does not answer within 30 s")


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (_container("exited", ExitCode=1), "ended with status 1"),
        (
            _container("exited", ExitCode=137, OOMKilled=True),
            "ended with status 137: the kernel killed it for want of memory",
        ),
        (_container("restarting", ExitCode=1, restarts=7), "ended with status 1, restarted 7 times"),
    ],
)
def test_what_has_ended_says_why_with_its_last_lines(fake: Engine, container: dict[str, object], reason: str) -> None:
    fake.containers = {"gw": container}
    fake.logs = {"gw": "one\ntwo\n"}
    assert _states(fake, "gw")["gw"] == NodeState(
        "gw", str(container["Status"]), "-", reason=reason, last=("one", "two")
    )


def test_a_container_that_goes_meanwhile_is_absent(fake: Engine) -> None:
    fake.containers = {"pc": _container()}
    fake.answer = Answer(1, "", "Error response from daemon: No such container: gw\n")
    assert _states(fake, "gw")["gw"].state == "absent"
    fake.answer = Answer(1, "", "Error response from daemon: out of memory\n")
    with pytest.raises(DriverError, match="Docker refused"):
        _states(fake)


def test_containers_of_another_folder_are_refused(fake: Engine, tmp_path: Path) -> None:
    fake.containers = {"pc": _container()}
    (tmp_path / "other").mkdir()
    here, fake.folder = Deployment(tmp_path, "x"), str(tmp_path / "other")
    with pytest.raises(DriverError, match="is another one, of"):
        states.states(here, (), is_full=False)


def test_of_a_node_that_does_not_run_it_is_said_which_do_or_how_to_start_them(fake: Engine, tmp_path: Path) -> None:
    here = Deployment(tmp_path, "x")
    fake.containers = {"gw": _container(), "pc": _container("exited")}
    assert states.node_ids(here, ("gw",)) == ("id-gw",)
    assert states.node_ids(here, ("pc", "gw"), is_running=False) == ("id-pc", "id-gw")
    with pytest.raises(DriverError, match=r"no node `pc` is running in `x` \(running: gw\)") as stopped:
        states.node_ids(here, ("gw", "pc"))
    assert fake.asked == ["ps --all"] * 3, "once for all nodes"
    assert stopped.value.remedy == f"netdsl up -o {tmp_path}"
    with pytest.raises(DriverError, match=r"no node `other` is running in `x` \(running: gw\)") as unknown:
        states.node_ids(here, ("other",))
    assert unknown.value.remedy is None
    fake.containers = {}
    with pytest.raises(DriverError, match=r"\(running: none\)") as caught:
        states.node_ids(here, ("gw", "pc"))
    assert caught.value.remedy == f"netdsl up -o {tmp_path}"
