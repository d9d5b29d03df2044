import pytest

from tests.fuzz.sources import make_keys_once


@pytest.fixture(autouse=True, scope="session")
def _keys_made_once() -> None:
    make_keys_once()
