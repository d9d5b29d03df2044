"""Labs that really run: one suite for two runtimes."""

import pytest

pytest.register_assert_rewrite("tests.live.story")
