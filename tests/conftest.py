"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# The same examples in every run, and no clock: a busy machine fails no test.
settings.register_profile("netdsl", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netdsl")
