"""What a lab expects, asked of the running lab."""

import json
from pathlib import Path
from typing import Any

from tests.live.conftest import compiled_lab
from tests.live.machine import netdsl


def expectations_hold(source: Path, output: Path, *words: str, timeout: float) -> list[dict[str, Any]]:
    """`netdsl test` sees in the running lab what it predicts, line by line; the lines. Raises AssertionError."""
    done = netdsl("test", str(source), "-o", str(output), "--format", "json", *words, folder=output, timeout=timeout)
    assert done.stdout, done.stderr
    lines = [line for block in json.loads(done.stdout)["blocks"] for line in block["lines"]]
    differing = [line for line in lines if line["differs"] or line["verdict"] != "passed"]
    assert not differing, json.dumps(differing, indent=1)
    assert done.returncode == 0
    return lines


def hold_in_containers(source: Path, folder: Path, project: str) -> list[dict[str, Any]]:
    """The same of a lab that is brought up for it, closed, and taken away; its nodes' scripts run without an error of the
    shell. Raises AssertionError."""
    with compiled_lab(source, folder, project, "--closed") as lab:
        lab.prepare()
        lab.up()
        lines = expectations_hold(source, lab.folder, timeout=600)
        assert lab.complaints() == []
        return lines
