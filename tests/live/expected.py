"""What a lab expects, asked of the running lab."""

import json
from pathlib import Path

from tests.live.machine import netdsl


def expectations_hold(source: Path, output: Path, *words: str, timeout: float) -> None:
    """`netdsl test` sees in the running lab what it predicts, line by line. Raises AssertionError."""
    done = netdsl("test", str(source), "-o", str(output), "--format", "json", *words, folder=output, timeout=timeout)
    assert done.stdout, done.stderr
    lines = [line for block in json.loads(done.stdout)["blocks"] for line in block["lines"]]
    assert [line for line in lines if line["differs"] or line["verdict"] != "passed"] == []
    assert done.returncode == 0
