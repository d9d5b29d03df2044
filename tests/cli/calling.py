"""The command line: in a process of its own, as users call it, or in this one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from netdsl.cli.main import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
COMMAND = (sys.executable, "-m", "netdsl.cli.start")
_KEPT = {key: value for key, value in os.environ.items() if not key.startswith("NETDSL_")}


def netdsl(
    *words: object,
    cwd: Path,
    stdin: str | bytes = b"",
    environment: Mapping[str, str] | None = None,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """One call: status, standard output, standard error. No line end of it is a sign, as in a text of several lines that
    was printed as one."""
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=cwd,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        env={**_KEPT, **(environment or {})},
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    texts = (done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in texts[1], texts[1]
    assert "internal error" not in texts[1], texts[1]
    assert "␊" not in "".join(texts), texts
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


def status_of(*words: str) -> int:
    """One call in this process; its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["netdsl", *words])
        with pytest.raises(SystemExit) as end:
            main()
    assert isinstance(end.value.code, int)
    return end.value.code


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
