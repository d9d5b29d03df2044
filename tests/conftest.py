"""What holds for all tests."""

import gc
import os
import signal

from hypothesis import HealthCheck, settings

# The same examples in every run, and no clock: a busy machine fails no test.
settings.register_profile("netdsl", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netdsl")

# pytest-xdist sets it in its workers; findings would be wrapped for it.
os.environ.pop("COLUMNS", None)

# A shell's background job (`make test &`) ignores Ctrl-C, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What collecting makes lives until the end: the collector of garbage need not look at it after each few hundred objects.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
