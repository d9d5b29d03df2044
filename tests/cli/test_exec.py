"""`netdsl exec`: the words that reach the runtime."""

import pytest
from click.testing import CliRunner

from netdsl.cli import exec_verb


@pytest.mark.parametrize(
    ("written", "run"),
    [
        (["a", "ip", "-6", "route"], ("ip", "-6", "route")),
        (["a", "--", "ip", "-6", "route"], ("ip", "-6", "route")),
        (["a", "sh", "-c", "x", "--", "y"], ("sh", "-c", "x", "--", "y")),
    ],
)
def test_a_command_reaches_its_node_as_written(
    written: list[str], run: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, tuple[str, ...]]] = []

    class Runtime:
        def execute(self, _deployment: object, node: str, words: tuple[str, ...]) -> int:
            seen.append((node, words))
            return 0

    monkeypatch.setattr(exec_verb, "find_deployment", lambda *_, **__: (Runtime(), object()))
    assert CliRunner().invoke(exec_verb.command, written).exit_code == 0
    assert seen == [("a", run)]
