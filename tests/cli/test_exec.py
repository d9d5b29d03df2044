"""`netdsl exec`: the words that reach the runtime."""

import pytest
from click.testing import CliRunner

from netdsl.cli import deployment, exec_verb


@pytest.mark.parametrize(
    ("written", "run", "is_admin"),
    [
        (["a", "ip", "-6", "route"], ("ip", "-6", "route"), False),
        (["a", "--", "ip", "-6", "route"], ("ip", "-6", "route"), False),
        (["a", "sh", "-c", "x", "--", "y"], ("sh", "-c", "x", "--", "y"), False),
        (["--admin", "a", "nft", "list", "ruleset"], ("nft", "list", "ruleset"), True),
    ],
)
def test_a_command_reaches_its_node_as_written(
    written: list[str], run: tuple[str, ...], is_admin: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, tuple[str, ...], bool]] = []

    class Runtime:
        def execute(self, _deployment: object, node: str, words: tuple[str, ...], *, is_admin: bool) -> int:
            seen.append((node, words, is_admin))
            return 0

    monkeypatch.setattr(deployment, "find_deployment", lambda *_, **__: (Runtime(), object()))
    assert CliRunner().invoke(exec_verb.command, written).exit_code == 0
    assert seen == [("a", run, is_admin)]
