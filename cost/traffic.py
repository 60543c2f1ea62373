"""The traffic that a user describes, in exactly one way, with sizes and durations of requests if a log has them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from commandline import UserError
from cost.simulation.arrivals import MONTH, Arrivals, Floats, pattern, schedule

HOURS_OF_MONTH = MONTH / 3600


@dataclass(frozen=True)
class Traffic:
    """When requests come. response_kb, handling (samples of seconds): as a log says; None and empty if it does not."""

    arrivals: Arrivals
    notes: tuple[str, ...] = ()
    response_kb: float | None = None
    handling: Floats = field(default_factory=lambda: np.empty(0))


def traffic(
    *,
    per_hour: float | None = None,
    monthly: float | None = None,
    rhythm: str = "steady",
    log: Sequence[str] = (),
    exclude: Sequence[str] = (),
    counted: str | None = None,
    cron: str | None = None,
) -> Traffic:
    """The traffic; UserError unless it is given in exactly one way."""
    ways = {
        "--requests-per-hour": per_hour,
        "--monthly": monthly,
        "--log": log or None,
        "--counts": counted,
        "--cron": cron,
    }
    given = [name for name, value in ways.items() if value is not None]
    if len(given) != 1:
        names = f"{', '.join(list(ways)[:-1])} or {list(ways)[-1]}"
        raise UserError(f"give the traffic in one way: {names}; given: {', '.join(given) or 'none'}")
    if exclude and not log:
        raise UserError("--exclude leaves requests of a log out: it goes with --log")
    if log or counted:
        from cost.simulation import logs  # noqa: PLC0415 -- the formats of logs take a moment to load
        from cost.simulation.logs import counts  # noqa: PLC0415 -- as above

        read = counts.read(counted) if counted else logs.read(log, exclude=exclude)
        return Traffic(read.arrivals, read.notes, read.response_kb, read.handling)
    if cron is not None:
        return Traffic(schedule(cron))
    return Traffic(pattern(rhythm, monthly if monthly is not None else (per_hour or 0.0) * HOURS_OF_MONTH))
