"""A node in namespaces of its own, for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .node import Node


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Namespaces need root and the tools that tools/engine installs."""
    for item in items:
        if isinstance(item, pytest.Function) and "node" in item.fixturenames:
            item.add_marker(pytest.mark.live)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path) as made:
        yield made
