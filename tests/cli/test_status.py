"""`netdsl status`: what a runtime says of its nodes, for eyes and for machines."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from netdsl.cli import console, status_verb
from netdsl.cli.status_table import status_table
from netdsl.runtime.driver import Deployment, NodeState
from netdsl.runtime.inside import last_lines, records, word_of

_INSIDE = (
    "node\tready",
    "interface\tlan\tUP\t10.0.0.1/24",
    "interface\twan-side\tDOWN\t",
    "daemon\tcharon strongSwan\trunning\t-",
    "daemon\tservice http a.http tcp/80\tended\t1",
    "run\t1\tended\t0\techo done",
    "tunnel\tvpn\tvpn\tup\tboot\tuser",
    "tunnel\tvpn\tvpn-2\tdown\thand\tuser",
)
_STATES = (
    NodeState("a", "running", "ready", _INSIDE),
    NodeState("gateway", "exited", "-", reason="ended with status 1", last=("netdsl: not ready: no wan", "more")),
    NodeState("c", "absent", "-"),
)
_MANIFEST = {
    "format": 1, "generator": "-", "lab": "x", "target": "compose", "project": "x", "expires": None, "files": {},
    "places": {"a": "lab.net:1", "gate.way": "lab.net:2", "c": "lab.net:3"},
}  # fmt: skip

Ask = Callable[..., Result]


class Runtime:
    def __init__(self, states: Sequence[NodeState]) -> None:
        self.states = states
        self.asked: list[tuple[tuple[str, ...], bool]] = []

    def status(self, _: object, nodes: Sequence[str], *, is_full: bool) -> tuple[NodeState, ...]:
        self.asked.append((tuple(nodes), is_full))
        if not self.states:
            raise KeyboardInterrupt
        return tuple(state for state in self.states if not nodes or state.node in nodes)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runtime:
    """The only lab is `x`."""
    runtime = Runtime(_STATES)
    (tmp_path / "netdsl-manifest.json").write_text(json.dumps(_MANIFEST))

    def find(lab: str | None, _: str, output: str | None, *__: object, **___: object) -> object:
        if lab not in (None, "x") and output is None:
            raise click.UsageError(f"there is no lab {lab}")
        return runtime, Deployment(tmp_path, "x")

    monkeypatch.setattr(status_verb, "find_deployment", find)
    return runtime


def _status(*words: str) -> Result:
    return CliRunner().invoke(status_verb.command, words)


def test_each_node_has_a_line_below_heads_and_what_has_ended_its_last_lines(runtime: Runtime) -> None:
    done = _status()
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "NODE     STATE    HEALTH  TUNNELS  DAEMONS      REASON",
        "a        running  ready   1/2 up   1/2 running",
        "gateway  exited   -       -        -            ended with status 1",
        "c        absent   -       -        -",
        "",
        "gateway: ended with status 1",
        "  | netdsl: not ready: no wan",
        "  | more",
    ]
    assert runtime.asked == [((), False)]


def test_all_of_a_node_is_shown_in_columns(runtime: Runtime) -> None:
    done = _status("x", "a")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "a: running, ready",
        "  interface  lan       UP    10.0.0.1/24",
        "  interface  wan-side  DOWN",
        "  daemon  charon strongSwan           running  -",
        "  daemon  service http a.http tcp/80  ended    1",
        "  run  1  ended  0  echo done",
        "  tunnel  vpn  vpn    up    boot  user",
        "  tunnel  vpn  vpn-2  down  hand  user",
    ]
    assert runtime.asked == [(("a",), True)]


@pytest.mark.parametrize(
    ("words", "nodes"),
    [
        ("x", ()),
        ("x a c", ("a", "c")),
        ("a c", ("a", "c")),  # there is no lab `a`
        ("gate.way", ("gate-way",)),
        ("-l x a", ("a",)),
        ("-o folder a", ("a",)),
        ("-o folder lab.net", ()),
    ],
)
def test_words_are_a_lab_and_nodes(runtime: Runtime, words: str, nodes: tuple[str, ...]) -> None:
    _status(*words.split())
    assert [asked for asked, _ in runtime.asked] == [nodes]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("y", "there is no lab y"),
        ("x gateway", "`x` has no node `gateway`: did you mean `gate.way`?"),
        ("-l x x", "`x`"),
    ],
)
def test_what_is_neither_is_named(runtime: Runtime, words: str, message: str) -> None:
    done = _status(*words.split())
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr
    assert runtime.asked == []


def test_json_has_all_nodes_with_what_is_inside_by_name(runtime: Runtime) -> None:
    done = _status("--format", "json")
    assert done.exit_code == 1
    first, second, third = json.loads(done.stdout)
    assert first["detail"] == list(_INSIDE)
    assert first["interfaces"][0] == {"name": "lan", "state": "UP", "addresses": "10.0.0.1/24"}
    assert [tunnel["state"] for tunnel in first["tunnels"]] == ["up", "down"]
    assert first["daemons"][1] == {"what": "service http a.http tcp/80", "state": "ended", "status": "1"}
    assert first["runs"] == [{"number": "1", "state": "ended", "status": "0", "command": "echo done"}]
    assert second["last"] == ["netdsl: not ready: no wan", "more"]
    assert third == {
        "node": "c", "state": "absent", "health": "-", "detail": [], "reason": "", "last": [], "interfaces": [],
        "daemons": [], "runs": [], "memory": [], "disks": [], "tunnels": [],
    }  # fmt: skip
    assert runtime.asked == [((), True)]


def test_watching_shows_what_changes_until_it_is_interrupted(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [(_STATES[0],), (_STATES[0],), (_STATES[2],), ()]

    def next_one(_: float) -> None:
        runtime.states = seen[len(runtime.asked)]

    runtime.states = seen[0]
    monkeypatch.setattr("netdsl.cli.status_verb.time.sleep", next_one)
    done = _status("--watch")
    assert done.exit_code == 1, "as the last one was not ready"
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["NODE", "a", "NODE", "c"]
    assert "interrupted" not in done.output


def test_a_reason_is_cut_at_the_edge_of_a_terminal_alone() -> None:
    state = NodeState("a", "running", "not ready", reason="tunnel vpn: vpn is not up: " + "reason " * 20)
    short = list(status_table([state], 80))
    assert max(map(len, short)) == 80
    assert short[1].endswith("…")
    assert list(status_table([state], None))[1].endswith("reason reason")


def test_what_a_node_says_is_shown_by_visible_signs(runtime: Runtime) -> None:
    runtime.states = (NodeState("a", "running", "not ready", reason="\x1b[31mred", last=("\x1b[2Jgone\r",)),)
    for words in ((), ("a",), ("--format", "json")):
        assert not set("\x1b\r") & set(_status(*words).stdout)


def test_a_page_of_a_terminal_has_no_control_character_of_a_node(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with console.live_page() as draw:
        draw(["\x1b]0;evil\x07", "[bold]b[/bold]"])
    shown = capsys.readouterr().out
    assert "evil" in shown
    assert "[bold]b[/bold]" in shown
    assert "\x07" not in shown


def test_lines_that_are_not_the_script_s_say_nothing_of_the_node() -> None:
    assert word_of(_INSIDE) == "ready"
    assert word_of(["node\tlan is missing"]) == "lan is missing"
    for lines in ([], [""], ["ready"], ["nodes\tready"]):
        assert word_of(lines) is None
    assert records(["tunnel\tvpn", "daemon\tx\trunning\t-\tmore"], "tunnel") == ()


def test_the_last_lines_of_what_ended_are_those_before_the_line_that_says_so() -> None:
    log = [
        "netdsl: configured", "1", "2", "3", "4", "5", "6", "netdsl: run 1 has ended with status 1", "7",
        "netdsl: service http w tcp/80 has ended with status -", "x" * 600, "netdsl: run 2 has ended with status 137",
        "after",
    ]  # fmt: skip
    assert last_lines(log) == (
        "2", "3", "4", "5", "6", "netdsl: run 1 has ended with status 1", "7",
        "netdsl: service http w tcp/80 has ended with status -", "x" * 500, "netdsl: run 2 has ended with status 137",
    )  # fmt: skip
    assert last_lines(log[:7]) == ()
    assert last_lines(()) == ()
