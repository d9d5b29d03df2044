"""Whatever lies in a folder in place of netdsl's own files: it is used, or refused in words; nothing outside changes."""

from pathlib import Path

import pytest

from tests.fuzz.folders import planted_files
from tests.fuzz.verbs import disturbed_verbs

SHARDS, CASES = 4, 1000

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(SHARDS))
def test_planted_files(seed: int, tmp_path: Path) -> None:
    found = planted_files(seed, CASES, tmp_path)
    assert found.troubles == ()
    assert found.used > CASES / 10


@pytest.mark.parametrize("seed", range(SHARDS))
def test_verbs_in_a_folder_with_a_file_that_is_another(seed: int, tmp_path: Path) -> None:
    found = disturbed_verbs(seed, CASES // 4, tmp_path)
    assert found.troubles == ()
    assert found.used > CASES / 40
