"""Real servers that drift, each on its own, and real servers that differ: a verdict of the second only."""

from collections.abc import Callable

import pytest

from tests.compare.conftest import Done, Server
from tests.soak import soak

Serve = Callable[..., Server]
Compare = Callable[..., Done]
# As many rounds as without a word, on kept connections.
USUAL = ("--cold", "none", "--connection", "kept", "--quiet")


@pytest.mark.quiet
def test_servers_that_drift_on_their_own_get_no_verdict(serve: Serve, compare: Compare) -> None:
    """Both take 6 ms in the long run; in these 300 rounds their drifts make one about 10% slower than the other."""
    first, second = (serve("--delay", "6", "--drift", "0.15", "--seed", seed) for seed in ("7", "107"))

    done = compare("run", f"a={first.url}", f"b={second.url}", *USUAL)

    (primary,) = (one for one in done.report["comparisons"] if one["primary"])
    assert done.status == 0
    assert primary["verdict"] in {"no verdict", "no difference"}


@pytest.mark.quiet
@pytest.mark.parametrize(("fast", "slow"), [("2", "5"), *soak(("10", "13.5"))])
def test_servers_that_differ_get_a_verdict(serve: Serve, compare: Compare, fast: str, slow: str) -> None:
    """A run of the usual size finds what is clearly slower, and on a quiet machine 30%, the aim of the method."""
    first, second = serve("--delay", fast), serve("--delay", slow)

    done = compare("run", f"a={first.url}", f"b={second.url}", *USUAL)

    (primary,) = (one for one in done.report["comparisons"] if one["primary"])
    assert primary["verdict"] == "slower"
    assert "b is " in primary["words"]
