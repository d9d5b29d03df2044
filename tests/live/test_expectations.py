"""`netdsl test` on real labs: what is expected holds, what is broken by hand is told, and the lab is left as it was."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from tests.live.compose import ComposeLab as Lab
from tests.live.conftest import compiled_lab
from tests.live.lab import SCRIPT
from tests.live.machine import HERE, PROGRAM, ROOT, netdsl

pytestmark = pytest.mark.live

FORMS = Path(__file__).parent / "forms.net"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory, run_name: str) -> Iterator[Lab]:
    """The lab with every form of an expectation, up for all tests of this file."""
    folder = tmp_path_factory.mktemp("forms")
    with compiled_lab(FORMS, folder, f"{run_name}-forms", "--closed") as lab:
        lab.prepare()
        lab.up()
        yield lab


def _test(lab: Lab, source: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = netdsl(
        "test", str(source), "-o", str(lab.folder), "--format", "json", *words, folder=lab.folder, timeout=600
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def _lines(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["statement"]: line for block in document["blocks"] for line in block["lines"]}


def test_every_form_holds_as_predicted(forms: Lab, tmp_path: Path) -> None:
    status, document = _test(forms, FORMS, "--junit", str(tmp_path / "forms.xml"))
    differing = [
        line for line in _lines(document).values() if line["differs"] or line["verdict"] not in ("passed", None)
    ]
    assert differing == []
    assert (status, document["counts"]["passed"]) == (0, 32)
    root = Xml.parse(tmp_path / "forms.xml").getroot()
    assert root is not None
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("32", "0", "0")
    assert forms.machine.wait_until(lambda: "\tup\t" in forms.status("west"), 30) is not None


SMALL = """
expect {
  a cannot reach b tcp/7
  a reaches b tcp/80 through vpn
  a to b tcp/80 is encrypted on core
  a to b is not encrypted on core
}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The same lab with fewer lines, the last of which is predicted to fail."""
    text, _, _ = FORMS.read_text().partition("expect {")
    source = tmp_path / "small.net"
    source.write_text(text + SMALL)
    return source


def test_what_is_broken_by_hand_is_seen_and_told_first(forms: Lab, small: Path) -> None:
    """A filter that is gone: the blocked port answers. The tunnel held down: the same packets are read on the wire."""
    one = small.with_name("one.net")
    one.write_text(small.read_text().partition("expect {")[0] + "expect { a cannot reach b tcp/7 }\n")
    forms.say("east", "nft", "flush", "chain", "inet", "netdsl", "forward")
    forms.say("east", "nft", "chain", "inet", "netdsl", "forward", "{ policy accept ; }")
    for end in ("west", "east"):
        forms.say(end, "sh", SCRIPT, "down", "vpn")
    try:
        done = netdsl("test", str(one), "-o", str(forms.folder), folder=forms.folder, timeout=600)
        status, document = _test(forms, small)
    finally:
        forms.say("east", "nft", "-f", "/netdsl/node/filter.nft")
        for end in ("west", "east"):
            forms.say(end, "sh", SCRIPT, "up", "vpn")
    assert (status, done.returncode) == (1, 1), done.stdout + done.stderr
    assert "PREDICTION AND REALITY DIFFER" in done.stdout.splitlines()[1]
    seen = {name: (line["seen"]["holds"], line["differs"]) for name, line in _lines(document).items()}
    assert seen == {
        "a cannot reach b tcp/7": (False, True),
        "a reaches b tcp/80 through vpn": (False, True),
        "a to b tcp/80 is encrypted on core": (False, True),
        "a to b is not encrypted on core": (True, True),
    }
    texts = {name: line["seen"]["text"] for name, line in _lines(document).items()}
    assert texts["a cannot reach b tcp/7"].endswith("answered by b.echo")
    assert texts["a to b tcp/80 is encrypted on core"] == "in clear on `core`"


def test_a_tunnel_taken_down_comes_back_after_ctrl_c(forms: Lab, tmp_path: Path) -> None:
    text, _, _ = FORMS.read_text().partition("expect {")
    source = tmp_path / "state.net"
    source.write_text(text + "expect while vpn down { vpn is not up ; a to b tcp/80 is not encrypted on core }\n")
    assert forms.machine.wait_until(lambda: "\tup\t" in forms.status("west"), 30) is not None
    held = "/run/netdsl/tunnel/vpn/held"
    with subprocess.Popen(
        [PROGRAM, "test", str(source), "-o", str(forms.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        down = forms.machine.wait_until(lambda: forms.run("east", "test", "-e", held).returncode == 0, 60)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert down is not None
    assert process.returncode == 130
    assert [forms.run(end, "test", "-e", held).returncode for end in ("west", "east")] == [1, 1]
    assert forms.machine.wait_until(lambda: "\tup\t" in forms.status("west"), 30) is not None
    names = HERE.say("docker", "ps", "-a", "--format", "{{.Names}}").split()
    assert [name for name in names if name.startswith(f"{forms.project}-") and "listens" in name] == []


def test_up_and_down_around_a_test(tmp_path: Path, run_name: str) -> None:
    project = f"{run_name}-around"
    source = str(ROOT / "examples/site-to-site/lab.net")
    words = ("--up", "--closed", "-o", "out", "--credentials", "keys", "--project", project)
    done = netdsl("test", source, *words, folder=tmp_path, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "16 passed" in done.stdout
    left = HERE.say("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}")
    assert left == ""
