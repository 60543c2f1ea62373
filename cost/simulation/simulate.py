"""Arrivals at several platforms into months of starts, waits, latencies and usage, each figure with its range."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commandline import UserError
from cost.bill import Usage
from cost.setup import Setup
from cost.simulation import engine, state
from cost.simulation.arrivals import MONTH, MOST_MONTHLY, Arrivals
from cost.simulation.compiled import BINS, ROOM, SLOTS, Floats, Rule
from cost.simulation.state import Draws
from cost.simulation.tasks import Tasks
from cost.simulation.timing import Timing
from platforms import limit
from platforms.prices import Prices

Ints = NDArray[np.int64]

REPLICATIONS = 200
FEWEST_REPLICATIONS = 8
BUDGET = 8_000_000
"""Requests to simulate when nothing else is asked for: a second's work for each platform."""
WARM_S, WARM_REQUESTS = 300.0, 20_000
QUANTILES = (0.5, 0.95, 0.99)
MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Estimate:
    """A figure of a month. low, high: the middle 95% of the simulated months. error: of the mean, one standard."""

    mean: float
    low: float
    high: float
    error: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        array = np.asarray(values, np.float64)
        low, high = np.quantile(array, [0.025, 0.975])
        error = float(array.std(ddof=1) / len(array) ** 0.5) if len(array) > 1 else float("inf")
        return cls(float(array.mean()), float(low), float(high), error)


@dataclass(frozen=True)
class System:
    """One deployment as the simulation needs it: what it is, how long things take there, how it counts."""

    setup: Setup
    timing: Timing
    rule: Rule
    draws: Draws


@dataclass(frozen=True)
class Month:
    """What was counted in one simulated month, or in a part of it that stands for the whole.

    tasks: the most that there were at once, on ECS.
    """

    usage: Usage
    requests: int
    waited: int
    cold: int
    refused: int
    bins: Ints
    tasks: int = 0


@dataclass(frozen=True)
class Result:
    """The simulated months of one system.

    seconds, replications: how long each simulated time is, and how many there are. simulated: requests in all.
    """

    system: System
    months: tuple[Month, ...]
    seconds: float

    @property
    def simulated(self) -> int:
        return sum(month.requests for month in self.months)

    @property
    def waiting(self) -> Estimate:
        """The share of the requests that wait for a start."""
        return _share([month.waited for month in self.months], [month.requests for month in self.months])

    @property
    def cold(self) -> Estimate:
        """The share of the requests that are the first of their instance."""
        return _share([month.cold for month in self.months], [month.requests for month in self.months])

    @property
    def refused(self) -> Estimate:
        """The share of the requests that were turned away."""
        asked = [month.requests + month.refused for month in self.months]
        return _share([month.refused for month in self.months], asked)

    @property
    def tasks(self) -> int:
        """The most tasks at once in any month, on ECS; elsewhere 0."""
        return max((month.tasks for month in self.months), default=0)

    @property
    def usage(self) -> Usage:
        """An average month."""
        return mean_usage([month.usage for month in self.months])

    def latency(self, share: float) -> Estimate | None:
        """The latency that `share` of a month's requests stay within; None where the samples do not support it."""
        if not self._supports(share):
            return None
        months = [month for month in self.months if month.requests]
        return Estimate.of([_quantile(month.bins, share) for month in months]) if months else None

    @property
    def mean_latency(self) -> float:
        """Seconds until an answer, on average over all requests; 0 where there was none."""
        bins = sum((month.bins for month in self.months), np.zeros(BINS, np.int64))
        return float((bins * state.seconds_of(np.arange(BINS))).sum() / max(1, bins.sum()))

    def slower(self) -> list[tuple[float, float]]:
        """(a latency, the share of all requests that take longer), ascending: what lies between is a straight line."""
        bins = sum((month.bins for month in self.months), np.zeros(BINS, np.int64))
        used = np.flatnonzero(bins)
        longer = 1 - np.cumsum(bins[used]) / max(1, bins.sum())
        return [(float(at), float(share)) for at, share in zip(state.seconds_of(used), longer, strict=True)]

    def _supports(self, share: float) -> bool:
        """Whether a quantile lies where the samples it is drawn from reach: the slowest are those who wait."""
        waiting, beyond = self.waiting.mean, 1 - share
        timing = self.system.timing
        if waiting > beyond:
            return 1 - beyond / waiting <= timing.starts_supported
        return 1 - (beyond - waiting) / max(1 - waiting, 1e-9) <= timing.seen_supported


def system(setup: Setup, timing: Timing, prices: Prices) -> System:
    """A deployment ready to be simulated; how time is billed there comes from its prices."""
    by_request = setup.platform == "aws"
    price = prices.price(
        setup.platform, f"duration_{setup.architecture}" if by_request else "cpu", setup.region
    )
    step = float(price.step) if by_request else 0.0
    if setup.shared:
        warm = state.shared(timing.work, timing.waits, timing.beyond)
    else:
        lasts = timing.alone(float(setup.vcpu))
        warm = state.unshared(timing.beyond + lasts, lasts, step)
    table = state.draws(warm, timing.starts, timing.starts_billed, timing.idle, step)
    if setup.concurrency is None:
        return System(setup, timing, _tracked_rule(setup), table)
    most = min(SLOTS, ROOM // (setup.concurrency + 1))
    if setup.minimum > most:
        raise UserError(
            f"{setup.title}: at most {most} instances can be simulated with {setup.concurrency} requests at once"
        )
    gcp = setup.platform == "gcp"
    rule = Rule(
        concurrency=setup.concurrency,
        minimum=setup.minimum,
        maximum=min(setup.maximum, most),
        wait=float(limit("gcp", "pending_timeout")) if gcp else 0.0,
        wait_startups=float(limit("gcp", "pending_startups")) if gcp else 0.0,
        active_step=0.0 if by_request else float(price.step),
        active_minimum=float(price.minimum),
        stop=float(setup.stop_s) if gcp else 0.0,
        cpus=float(setup.vcpu) if setup.shared else 0.0,
        target=limit("gcp", "added_at_cpu") / 100 if gcp and setup.shared else 0.0,
    )
    return System(setup, timing, rule, table)


def _tracked_rule(setup: Setup) -> Rule:
    """The rule of tasks behind a load balancer, which come and go by themselves: see tasks.py."""
    return Rule(
        concurrency=ROOM // SLOTS,
        minimum=SLOTS,
        maximum=SLOTS,
        wait=float(limit("ecs", "request_timeout")),
        wait_startups=0.0,
        active_step=0.0,
        active_minimum=0.0,
        stop=0.0,
        cpus=float(setup.vcpu),
    )


def simulate(
    arrivals: Arrivals,
    systems: Mapping[str, System],
    *,
    replications: int | None = None,
    seed: int = 0,
    budget: int = BUDGET,
) -> dict[str, Result]:
    """Simulate months of the same arrivals on each system; the same seed gives the same months.

    As many months as the budget of requests allows, 200 at most. Where 8 are too many, each is a part of one, as long
    as the budget allows, and stands for the whole. Steady traffic meets a platform that has seen it before.
    """
    if replications is not None and replications < 2:  # noqa: PLR2004 -- one has no range
        raise UserError(f"{replications} replications have no range; at least 2 are needed")
    expected = arrivals.rate * MONTH
    if expected > MOST_MONTHLY:
        raise UserError(
            f"{expected:.3g} requests a month are too many to simulate; {MOST_MONTHLY:,} are the most"
        )
    count = replications or int(min(REPLICATIONS, max(FEWEST_REPLICATIONS, budget // max(1.0, expected))))
    seconds = MONTH
    if replications is None and arrivals.steady and count * expected > budget:
        seconds = budget / count / arrivals.rate
    months: dict[str, list[Month]] = {name: [] for name in systems}
    for source in np.random.SeedSequence(seed).spawn(count):
        for name, month in one_month(arrivals, systems, source, seconds).items():
            months[name].append(month)
    return {name: Result(systems[name], tuple(months[name]), seconds) for name in systems}


def mean_usage(usages: Sequence[Usage]) -> Usage:
    """The usage of an average month."""
    count = len(usages)
    sums = Usage()
    for usage in usages:
        sums = sums.plus(usage)
    return sums.times(Decimal(1) / count)


def one_month(
    arrivals: Arrivals, systems: Mapping[str, System], source: np.random.SeedSequence, seconds: float
) -> dict[str, Month]:
    """One simulated time on every system: the same arrivals, and draws that do not depend on the other systems."""
    traffic, *others = source.spawn(1 + len(systems))
    warm = _warm_up(arrivals, systems)
    tracked = {
        name: Tasks(one.setup, one.timing, warm, seconds, SLOTS)
        for name, one in systems.items()
        if one.setup.concurrency is None
    }
    running = {
        name: (one, state.fresh(one.rule, one.draws, -warm, int(other.generate_state(1, np.uint64)[0])))
        for (name, one), other in zip(systems.items(), others, strict=True)
    }
    for chunk, _ in _chunks(arrivals, traffic, warm, seconds) if tracked else ():
        for tasks in tracked.values():
            tasks.add(chunk)
    counting = False
    for chunk, counts in _chunks(arrivals, traffic, warm, seconds):
        if counts and not counting:
            counting = True
            _begin_to_count(running)
        for name, (one, now) in running.items():
            if name in tracked:
                tracked[name].advance(now, one.rule, chunk)
            else:
                engine.advance(now, one.rule, chunk)
    _finish(running, seconds, counting=counting)
    months = {name: _counted(now[0], one, seconds) for name, (one, now) in running.items()}
    for name, tasks in tracked.items():
        usage = tasks.billed(months[name].usage, MONTH / seconds)
        months[name] = replace(months[name], usage=usage, tasks=tasks.most)
    return months


def _warm_up(arrivals: Arrivals, systems: Mapping[str, System]) -> float:
    """Seconds of traffic before what counts: twice the longest idle time, or less where that is very many requests."""
    if not arrivals.steady:
        return 0.0
    longest = 2 * max(float(one.timing.idle.max()) for one in systems.values())
    return min(longest, max(WARM_S, WARM_REQUESTS / arrivals.rate))


def _chunks(
    arrivals: Arrivals, source: np.random.SeedSequence, warm: float, seconds: float
) -> Iterator[tuple[Floats, bool]]:
    """The arrivals of one simulated time, the same each time, and whether they count or warm the platform up."""
    rng = np.random.default_rng(source)
    for begin, end in ((-warm, 0.0), (0.0, seconds)):
        for chunk in arrivals.chunks(rng, begin, end):
            # Warmed up with rising traffic: all of it at once would start more instances than it then needs.
            yield (
                (chunk, True) if end > 0 else (chunk[rng.random(len(chunk)) < (chunk - begin) / warm], False)
            )


def _finish(running: Mapping[str, tuple[System, Any]], seconds: float, *, counting: bool) -> None:
    if not counting:
        _begin_to_count(running)
    for one, now in running.values():
        engine.finish(now, one.rule, seconds)


def _begin_to_count(running: Mapping[str, tuple[System, Any]]) -> None:
    for one, now in running.values():
        engine.finish(now, one.rule, 0.0)
        engine.forget(now)


def _counted(counts: Any, one: System, seconds: float) -> Month:
    part = MONTH / seconds
    busy, further = float(counts["busy_s"]), float(counts["further_s"])
    # What provisioned instances of Lambda handled is billed; elsewhere, how long those of the minimum were busy.
    ready = float(counts["ready_s"]) if one.setup.platform == "aws" else busy - further
    return Month(
        usage=Usage(
            requests=decimal(counts["requests"] * part),
            starts=decimal(counts["starts"] * part),
            busy_s=decimal(counts["handling_s"] * part),
            start_s=decimal(counts["start_s"] * part),
            active_s=decimal(counts["active_s"] * part),
            ready_s=decimal(ready * part) if one.setup.minimum else Decimal(0),
            further_s=decimal(further * part),
            running_s=decimal((one.setup.minimum * seconds + float(counts["there_s"])) * part),
        ),
        requests=int(counts["requests"]),
        waited=int(counts["waited"]),
        cold=int(counts["cold"]),
        refused=int(counts["refused"]),
        bins=counts["bins"].copy(),
    )


def decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(MICRO)


def _share(counts: Sequence[int], of: Sequence[int]) -> Estimate:
    """The share of all, with the range of the months that had any; 0 where none had."""
    shares = [count / all_ for count, all_ in zip(counts, of, strict=True) if all_]
    if not shares:
        return Estimate(0.0, 0.0, 0.0, 0.0)
    return replace(Estimate.of(shares), mean=sum(counts) / sum(of))


def _quantile(bins: Ints, share: float) -> float:
    place = int(np.searchsorted(np.cumsum(bins), share * int(bins.sum())))
    return float(state.seconds_of(np.array([place]))[0])
