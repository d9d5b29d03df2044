"""Keys are made once for a run: making them is most of the time, and not what is fuzzed."""

from functools import cache

import pytest

from netdsl.credentials import authority


@pytest.fixture(autouse=True, scope="session")
def _keys_made_once() -> None:
    """Each algorithm's first key serves for all certificates of the session."""
    for name, make in list(authority._KEYS.items()):
        authority._KEYS[name] = cache(make)
