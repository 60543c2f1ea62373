"""The traffic in a log."""

from dataclasses import dataclass

from cost.simulation.arrivals import Floats
from cost.simulation.logs.replay import Replay

DAYS = 2
"""Days that a log has to cover for each simulated day to be one of them."""


@dataclass(frozen=True)
class Log:
    """What logs say. requests: how many count. response_kb: on average. handling: samples of seconds; empty if unknown.

    notes: what was left out, and why, and what else a reader should know.
    """

    arrivals: Replay
    requests: int
    response_kb: float | None
    handling: Floats
    notes: tuple[str, ...]
