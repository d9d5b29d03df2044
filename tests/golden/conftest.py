"""`pytest tests/golden --update` writes the expected texts anew; look at the difference before committing it."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the expected texts of tests/golden anew")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether expected texts are to be written and not compared."""
    return bool(request.config.getoption("--update", default=False))
