"""The scripts as texts: clean, small, and described."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from netdsl.index import FILTERS
from netdsl.index import PARTS as PARTS_OF_INDEX

from .node import FRAME, ROOT

PARTS = (*FILTERS, *PARTS_OF_INDEX)
PROGRAMS = ("netdsl/payload/node.sh", "backends/socat/answer.sh", "backends/strongswan/updown.sh")
ALL = sorted([*FRAME.glob("*.sh"), *(path for name in PARTS for path in (ROOT / "backends" / name).glob("*.sh"))])
CONTRACTS = [FRAME / "README.md", *(ROOT / "backends" / name / "README.md" for name in PARTS)]


def _shellcheck(*words: str, text: str | None = None) -> str:
    found = subprocess.run(
        ["shellcheck", "-x", *words], cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )
    return found.stdout + found.stderr


@pytest.mark.live
def test_shellcheck_finds_nothing() -> None:
    assert _shellcheck(*PROGRAMS) == ""


@pytest.mark.live
@pytest.mark.parametrize("name", PARTS)
def test_shellcheck_finds_nothing_in_a_part_as_the_node_reads_it(name: str) -> None:
    frame = (FRAME / "parts.sh").read_text().replace("source=/dev/null", f"source=backends/{name}/part.sh")
    assert _shellcheck("-", text=frame) == ""


@pytest.mark.parametrize("name", PARTS)
def test_all_names_of_a_part_begin_with_its_own(name: str) -> None:
    script = (ROOT / "backends" / name / "part.sh").read_text()
    defined = re.findall(r"^([A-Za-z_]+)(?:\(\)|=)", script, flags=re.MULTILINE)
    assert defined
    assert [one for one in defined if not one.lower().startswith(f"{name}_")] == []


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_text_is_ever_run_as_shell(path: Path) -> None:
    code = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
    assert not re.search(r"\beval\b|sh -c\b|`[^'\n]*\$\(", code)


def test_every_data_file_is_in_a_contract() -> None:
    contract = "".join(path.read_text() for path in CONTRACTS)
    code = "".join(path.read_text() for path in ALL)
    read = set(re.findall(r"\$NODE/([a-z.-]+)", code))
    assert {name for name in read if name not in contract} == set()
    assert {"interfaces.tsv", "filter.nft", "tunnels.tsv", "swanctl.conf"} <= read


def _templates() -> list[str]:
    text = (ROOT / "backends/nftables/README.md").read_text()
    return re.findall(r"^```\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.live
def test_the_base_filter_of_the_contract_loads(tmp_path: Path) -> None:
    head = next(text for text in _templates() if text.startswith("table inet netdsl"))
    mark = next(text for text in _templates() if "chain ike_mark" in text)
    rules = tmp_path / "filter.nft"
    rules.write_text(head + mark + "}\n")
    loaded = subprocess.run(
        ["unshare", "-n", "sh", "-c", 'nft -f "$1" && nft -f "$1"', "sh", str(rules)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.stderr == ""


def test_a_node_looks_less_often_for_its_readiness_the_longer_it_waits(tmp_path: Path) -> None:
    """The waiting of hundreds of nodes that start at once is work of the same processors."""
    (tmp_path / "sleep").write_text(f'#!/bin/sh\necho "$1" >>{tmp_path}/pauses\n')
    (tmp_path / "sleep").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "NETDSL_STATE": str(tmp_path / "state")}
    words = ("sh", str(FRAME / "node.sh"), "ready", "20")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "still starting\n"), done.stderr
    pauses = [float(line) for line in (tmp_path / "pauses").read_text().splitlines()]
    assert pauses[:9] == [0.1] * 8 + [0.2]
    assert (pauses == sorted(pauses), max(pauses), len(pauses)) == (True, 1.0, 36)
    assert 20 <= sum(pauses) < 21
