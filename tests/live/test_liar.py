"""A node whose image replaces the programs that ask makes no expectation hold, and cannot end what asks beside it."""

import json
from pathlib import Path

import pytest

from tests.live.conftest import compiled_lab
from tests.live.machine import netdsl

pytestmark = pytest.mark.live

LAB = Path(__file__).parent / "liar.net"


@pytest.mark.usefixtures("engine")
def test_what_a_node_says_is_not_believed(tmp_path: Path, run_name: str) -> None:
    with compiled_lab(LAB, tmp_path, f"{run_name}-liar", "--closed") as lab:
        lab.prepare()
        lab.up()
        assert lab.say("a", "perl", "-e", "1", "--", "3", "question") == "answered\tb.http\n"
        done = netdsl("test", str(LAB), "-o", str(lab.folder), "--format", "json", folder=lab.folder, timeout=600)
        lines = [line for block in json.loads(done.stdout)["blocks"] for line in block["lines"]]
        assert [(line["verdict"], line["seen"]["text"]) for line in lines] == [
            ("failed", "10.2.0.2 ping unreachable: network is unreachable"),
            ("failed", "10.2.0.2 tcp/80 unreachable: network is unreachable"),
            ("failed", "no route"),
            ("failed", "it is 10.2.0.2"),
            ("passed", "answered"),
        ]
        beside = ("--filter", "label=com.docker.compose.service=netdsl.beside", "--filter", f"name={lab.project}")
        assert lab.machine.say("docker", "ps", "--quiet", *beside) == ""
