"""The scripts as texts: clean, small, and described."""

import re
import subprocess
from pathlib import Path

import pytest

from .node import SCRIPTS

PROGRAMS = ("node.sh", "updown.sh", "answer.sh")
ALL = sorted(path.name for path in SCRIPTS.glob("*.sh"))


@pytest.mark.live
def test_shellcheck_finds_nothing() -> None:
    found = subprocess.run(
        ["shellcheck", "-x", *(f"netdsl/payload/{name}" for name in PROGRAMS)],
        cwd=SCRIPTS.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout + found.stderr == ""


@pytest.mark.parametrize("name", ALL)
def test_no_text_is_ever_run_as_shell(name: str) -> None:
    code = re.sub(r"^\s*#.*$", "", (SCRIPTS / name).read_text(), flags=re.MULTILINE)
    assert not re.search(r"\beval\b|sh -c\b|`[^'\n]*\$\(", code)


def test_every_data_file_is_in_the_contract() -> None:
    contract = (SCRIPTS / "README.md").read_text()
    code = "".join((SCRIPTS / name).read_text() for name in ALL)
    read = set(re.findall(r"\$NODE/([a-z.-]+)", code))
    assert {name for name in read if name not in contract} == set()
    assert {"interfaces.tsv", "filter.nft", "tunnels.tsv"} <= read


def _templates() -> list[str]:
    return re.findall(r"^```\n(.*?)^```", (SCRIPTS / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)


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
