"""Cases that take long: `make soak` runs them, `make test` leaves them out."""

import os
from typing import Any

import pytest

# How many examples Hypothesis draws of a property; `make soak` draws more.
EXAMPLES = int(os.environ.get("DRAWN_EXAMPLES", "30"))


def drawn(examples: int) -> int:
    """The number of examples of a property that takes long, or is quick: `examples` if others had 50.

    `make soak` draws as many times more of it.
    """
    return max(1, examples * EXAMPLES // 50)


def soak(*cases: object) -> list[Any]:
    """The cases of a parametrised test, each a value or a tuple of values, as ones for `make soak`."""
    return [
        pytest.param(*case if isinstance(case, tuple) else (case,), marks=pytest.mark.soak) for case in cases
    ]
