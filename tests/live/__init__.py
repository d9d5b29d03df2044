"""Labs on a real engine."""

import pytest

pytest.register_assert_rewrite("tests.live.story")
