"""What all tests share: Hypothesis times no example, because a busy machine may stop for a moment in any of them."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.processes", "tests.parallel"]

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
