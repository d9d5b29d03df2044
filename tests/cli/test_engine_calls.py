"""How often a verb calls the engine's client: as often for a large lab as for a small one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LAB = "lab x\nnetwork lan 10.0.0.0/16\nfor i in 1..{count} {{ host h$i {{ interface on lan }} }}\n"
_DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >>"$LOG"
case "$*" in
"version --format"*) echo 26.1.5 ;;
"compose version"*) echo 2.26.1 ;;
"ps "*) i=0; while [ $i -lt "$COUNT" ]; do i=$((i + 1)); printf 'id%s\\trunning\\th%s\\t%s\\n' $i $i "$FOLDER"; done ;;
esac
"""
_LOADED = (
    "import sys\nfrom netdsl.cli.main import netdsl\nnetdsl.main({words!r}, standalone_mode=False)\nprint(*sys.modules)"
)


def _calls(folder: Path, count: int, *words: str) -> tuple[list[str], set[str]]:
    """What the client was asked, and the modules that were loaded."""
    folder.mkdir()
    (folder / "lab.net").write_text(_LAB.format(count=count))
    program = folder / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(_DOCKER)
    program.chmod(0o755)
    subprocess.run([sys.executable, "-m", "netdsl.cli.main", "compile", "lab.net"], cwd=folder, check=True)
    more = {"LOG": str(folder / "log"), "COUNT": str(count), "FOLDER": str(folder / "build" / "x" / "compose")}
    environment = {**os.environ, **more, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    text = _LOADED.format(words=[*words])
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, env=environment, check=True, capture_output=True)
    return (folder / "log").read_text().splitlines(), set(done.stdout.decode().split())


@pytest.mark.slow
@pytest.mark.parametrize("words", [("exec", "-l", "x", "h2", "true"), ("logs", "-l", "x", "h1", "h2", "h3")])
def test_one_question_tells_of_all_nodes(tmp_path: Path, words: tuple[str, ...]) -> None:
    few, many = (_calls(tmp_path / str(count), count, *words)[0] for count in (3, 12))
    assert len(few) == len(many) == 4, "two versions, what runs, the command itself"


def test_to_run_a_command_no_compiler_is_loaded(tmp_path: Path) -> None:
    asked, loaded = _calls(tmp_path / "lab", 3, "exec", "-l", "x", "h2", "true")
    assert asked[-1] == "exec --interactive id2 sh /netdsl/lab/node.sh exec true"
    rooms = {name.split(".")[1] for name in loaded if name.startswith("netdsl.")}
    assert not rooms & {"syntax", "semantics", "lower", "packets", "verify", "pipeline", "credentials", "testing"}
    assert not {name.partition(".")[0] for name in loaded} & {"lark", "jinja2", "yaml", "cryptography", "pydantic"}
