"""Two nodes of a lab in namespaces, joined by a cable: see tests/payload."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netdsl.ir.lab import Lab
from tests.kinds.asking import files
from tests.payload.node import Node

Pair = Callable[[Lab], tuple[Node, Node]]
LEFT_OUT = ("sysctl.tsv", "services.tsv")
"""What an engine sets before the script starts, and what these tests do not ask."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Namespaces need root and the tools that tools/engine installs."""
    for item in items:
        if isinstance(item, pytest.Function) and "pair" in item.fixturenames:
            item.add_marker(pytest.mark.live)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """The nodes `a` and `b` of a lab, not started; their interfaces `wan` are the ends of one cable."""
    with ExitStack() as ends:

        def made(lab: Lab) -> tuple[Node, Node]:
            found = tuple(ends.enter_context(_node(lab, name, tmp_path / name)) for name in "ab")
            one, other = found
            pid = other.command(())[2]
            one.inside("ip", "link", "add", "cable", "type", "veth", "peer", "name", "end", "netns", pid)
            for node, end in ((one, "cable"), (other, "end")):
                for mac, name, _ in (line.split("\t") for line in _table(node, "interfaces.tsv")):
                    if name == "wan":
                        node.inside("ip", "link", "set", end, "address", mac, "up")
                    else:
                        node.link(f"to-{name}", mac)
            return one, other

        yield made


def _node(lab: Lab, name: str, folder: Path) -> Node:
    folder.mkdir()
    node = Node(folder)
    for path, content in files(lab, name).items():
        if path not in LEFT_OUT:
            node.file(path, content)
    return node


def _table(node: Node, name: str) -> list[str]:
    return (node.folder / "netdsl/node" / name).read_text().splitlines()
