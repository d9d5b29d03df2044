"""What the documentation shows of `netdsl graph` is what it makes."""

import re

import pytest

import netdsl

from .asking import ROOT

LAB = "examples/site-to-site/lab.net"


def test_the_picture_of_the_readme_is_the_lab_s() -> None:
    """Made anew by: netdsl graph examples/site-to-site/lab.net -o docs/img/site-to-site.svg"""
    assert (ROOT / "docs" / "img" / "site-to-site.svg").read_text(encoding="utf-8") == netdsl.graph_file(ROOT / LAB)


def test_the_python_of_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / "graph.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert blocks
    for block in blocks:
        exec(compile(block, "docs/graph.md", "exec"), {})
