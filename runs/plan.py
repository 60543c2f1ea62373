"""A plan of what to measure, how often and until when. The run's file keeps it, so that the run can be resumed."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from commandline import UserError
from runs.sample import Connection

# The cycles of a run without cold starts, and the warm rounds in each cycle of a run that is open-ended.
_CYCLES = 10
_ROUNDS_A_CYCLE = 30
_MOST_TRIALS = 10


@dataclass(frozen=True)
class Plan:
    """The experiment.

    A cycle is one attempt at a cold start per target, then its share of the warm rounds. In a warm round each target
    answers once per connection, in random order.

    cold: how cold starts are produced. cold_starts: how many are wanted per target. burst: concurrent requests of one
    burst. idle_s: how long targets are left alone, None for as long as each platform keeps an instance. rounds: warm
    rounds in all. precision: the run stops when the primary figure's interval is this share of the figure to either
    side. duration_s: the run stops then in any case. rate: requests a second that the load sends to each target, for
    load_s seconds on load_connections connections.
    """

    cold: Literal["idle", "burst", "none"] = "idle"
    cold_starts: int = 10
    burst: int = 10
    idle_s: float | None = None
    rounds: int = 300
    connections: tuple[Connection, ...] = ("kept", "fresh")
    precision: float | None = None
    duration_s: float | None = None
    rate: float | None = None
    load_s: float = 30.0
    load_connections: int = 32
    timeout_s: float = 30.0
    seed: int = 0
    primary: Literal["p50", "p95"] = "p50"

    def __post_init__(self) -> None:
        for name, least in (
            ("cold_starts", 1),
            ("burst", 1),
            ("rounds", 0),
            ("load_connections", 1),
            ("seed", 0),
        ):
            if getattr(self, name) < least:
                raise UserError(f"{_option(name)} is {getattr(self, name)}; it is {least} or more")
        for name in ("precision", "duration_s", "rate", "load_s", "timeout_s"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise UserError(f"{_option(name)} is {value:g}; it is more than 0")
        if not self.rounds and self.cold == "none" and not self.rate:
            raise UserError("nothing to measure: give --rounds, --cold idle or burst, or --rate")

    @property
    def cycles(self) -> int:
        """How many cycles the warm rounds are spread over: one per cold start wanted."""
        return self.cold_starts if self.cold == "idle" else _CYCLES

    @property
    def open_ended(self) -> bool:
        """Whether the run goes on until a precision or a time is reached; `rounds` is then the cap."""
        return self.precision is not None or self.duration_s is not None

    @property
    def rounds_a_cycle(self) -> int:
        """Warm rounds of each cycle of an open-ended run."""
        return _ROUNDS_A_CYCLE

    @property
    def trials(self) -> int:
        """Warm rounds that are tried before the run, to say how long it takes: one in ten, at most 10."""
        return min(_MOST_TRIALS, math.ceil(self.rounds / 10))

    @property
    def slices(self) -> int:
        """How many parts the load of each target has: about a second each, enough for an interval of its tail."""
        return max(1, min(30, round(self.load_s)))

    def record(self) -> dict[str, Any]:
        """The plan as JSON."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Plan":
        """The plan of a run's file."""
        values: dict[str, Any] = {**record, "connections": tuple(record["connections"])}
        return cls(**values)


def _option(name: str) -> str:
    """The command line's option for a field."""
    return "--load-duration" if name == "load_s" else f"--{name.removesuffix('_s').replace('_', '-')}"
