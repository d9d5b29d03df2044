"""A node in namespaces of its own, for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .node import Node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path) as made:
        yield made
