"""One-to-one NAT, exceptions, states, TCP flags and a stateless filter: what is predicted is what happens."""

import json
from pathlib import Path

import pytest

from tests.live.conftest import compiled_lab
from tests.live.machine import netdsl

pytestmark = pytest.mark.live

SOURCE = Path(__file__).parent / "nat.net"


def test_translation_and_filters_do_what_is_expected_of_them(tmp_path: Path, engine: str, run_name: str) -> None:
    with compiled_lab(SOURCE, tmp_path, f"{run_name}-nat", "--closed") as lab:
        lab.prepare()
        lab.up()
        done = netdsl("test", str(SOURCE), "-o", str(lab.folder), "--format", "json", folder=lab.folder, timeout=600)
    assert done.stdout, done.stderr
    lines = [line for block in json.loads(done.stdout)["blocks"] for line in block["lines"]]
    assert [line for line in lines if line["differs"] or line["verdict"] != "passed"] == []
    assert (done.returncode, len(lines)) == (0, 18)
