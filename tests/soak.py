"""Cases that take long: `make soak` runs them, `make test` leaves them out."""

from typing import Any

import pytest


def soak(*cases: object) -> list[Any]:
    """The cases of a parametrised test, each a value or a tuple of values, as ones for `make soak`."""
    return [
        pytest.param(*case if isinstance(case, tuple) else (case,), marks=pytest.mark.soak) for case in cases
    ]
