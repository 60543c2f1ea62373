"""Advice from traffic and candidates: what each costs, how many wait, where another becomes cheaper, which to take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from commandline import UserError
from cost import words
from cost.bill import bill
from cost.break_even import changes, curve
from cost.model import Advice, Candidate, Option
from cost.recommend import RULE, pick, recommend
from cost.simulation.arrivals import MONTH, Arrivals
from cost.simulation.result import QUANTILES, Estimate, Result
from cost.simulation.simulate import BUDGET, simulate
from cost.simulation.system import System, system
from cost.simulation.timing import Timing
from cost.simulation.volumes import Volumes
from platforms import TITLES, has, limit, scales_by_cpu
from platforms.prices import Prices

VOLUMES = tuple(Decimal(volume) for volume in (0, 1_000, 40_000, 1_000_000, 10_000_000, 100_000_000))
"""The volumes of the table, in requests a month."""
DOUBT = 20
"""How many times fewer requests are simulated to see whether the advice holds under other assumptions."""
KNOTS_OF_DECADE = 10
DECADES = 8
CLOSED = ("apprunner",)
"""Platforms that take no new customers: docs.aws.amazon.com/apprunner/latest/dg/apprunner-availability-change.html."""


def advise(  # noqa: PLR0913 -- each is one choice of the caller
    arrivals: Arrivals,
    candidates: Mapping[str, Candidate],
    prices: Prices,
    *,
    limit_s: float | None = None,
    closed: bool = False,
    replications: int | None = None,
    seed: int = 0,
    budget: int = BUDGET,
    notes: Sequence[str] = (),
) -> Advice:
    """The advice for this traffic. The same seed gives the same advice.

    limit_s: seconds that 95% of the requests have to stay within. closed: whether platforms closed to new customers
    count. UserError if there is no candidate.
    """
    if not candidates:
        raise UserError("there is no platform to advise on")

    def simulated(some: Mapping[str, Candidate], most: int = budget // DOUBT) -> list[Option]:
        results = simulate(
            arrivals, _systems(some, prices), replications=replications, seed=seed, budget=most
        )
        return [_option(name, some[name], results[name], prices) for name in some]

    options = tuple(simulated(candidates, budget))
    priced = {
        option.name: system(option.candidate.setup, option.candidate.timing, prices)
        for option in options
        if option.free.priced
    }
    at = Volumes(priced, arrivals.profile, seed)
    curves = {
        name: curve(choice.setup, at.points(name, knots()), prices, free_tier=True)
        for name, choice in priced.items()
    }
    available = {
        option.name: curves[option.name]
        for option in options
        if (option.open or closed) and option.name in curves
    }
    monthly = arrivals.rate * MONTH
    return Advice(
        traffic=arrivals.description,
        monthly=monthly,
        options=options,
        curves=curves,
        changes=tuple(changes(available)),
        changes_all=tuple(changes(curves)),
        recommendation=recommend(options, limit_s, closed=closed)
        + _doubt(options, simulated, limit_s, closed=closed),
        notes=(*notes, *_notes(options)),
    )


def _systems(candidates: Mapping[str, Candidate], prices: Prices) -> dict[str, System]:
    return {name: system(candidate.setup, candidate.timing, prices) for name, candidate in candidates.items()}


def _doubt(
    options: Sequence[Option],
    simulated: Callable[[Mapping[str, Candidate]], list[Option]],
    limit_s: float | None,
    *,
    closed: bool,
) -> str:
    """Which option to take if starts last twice as long, or if idle instances stay half as long.

    Neither is published for an app of yours, and both decide how many requests wait, and how long.
    """
    best = pick(options, limit_s, closed=closed)
    if best is None or all(option.candidate.setup.minimum for option in options):
        return ""
    same: list[str] = []
    others: list[str] = []
    for words_, change in (("starts twice as long", _slower), ("idle times half as long", _shorter)):
        changed = {
            option.name: replace(option.candidate, timing=change(option.candidate.timing))
            for option in options
        }
        other = pick(simulated(changed), limit_s, closed=closed)
        if other is not None and other.name == best.name:
            same.append(words_)
        else:
            others.append(f"With {words_}, {f'take {other.title}' if other else 'none keeps that limit'}.")
    kept = f"With {' or '.join(same)} it is the same." if same else ""
    return "".join(f" {sentence}" for sentence in (*others, kept) if sentence)


def _slower(timing: Timing) -> Timing:
    return replace(timing, starts=timing.starts * 2, starts_billed=timing.starts_billed * 2)


def _shorter(timing: Timing) -> Timing:
    return replace(timing, idle=timing.idle / 2)


def knots() -> tuple[Decimal, ...]:
    """The volumes at which curves are computed: 0, ten a decade up to 100 million, and those of the table."""
    steps = {Decimal(round(10 ** (step / KNOTS_OF_DECADE))) for step in range(KNOTS_OF_DECADE * DECADES + 1)}
    return tuple(sorted(steps | set(VOLUMES)))


def _option(name: str, candidate: Candidate, result: Result, prices: Prices) -> Option:

    def dollars(*, free_tier: bool) -> Estimate:
        bills = [bill(candidate.setup, month.usage, prices, free_tier=free_tier) for month in result.months]
        return Estimate.of([float(month.total) for month in bills])

    return Option(
        name=name,
        candidate=candidate,
        result=result,
        latencies={share: result.latency(share) for share in QUANTILES},
        dollars=dollars(free_tier=True),
        list_dollars=dollars(free_tier=False),
        free=bill(candidate.setup, result.usage, prices, free_tier=True),
        list_price=bill(candidate.setup, result.usage, prices, free_tier=False),
        open=candidate.setup.platform not in CLOSED,
    )


def _notes(options: Sequence[Option]) -> list[str]:
    notes = [f"{option.title}: {option.candidate.timing.basis}" for option in options]
    notes += [
        f"{option.title}: an idle instance is taken to stay {option.candidate.timing.stay}"
        for option in options
        if option.candidate.setup.minimum == 0
    ]
    if not all(option.candidate.timing.network for option in options):
        notes.append(
            "latencies from published starts are without the network and the gateway: a caller waits longer"
        )
    notes += [
        f"{TITLES[name]} takes no new customers since April 2026: it is shown for those who have it"
        for name in CLOSED
        if any(option.candidate.setup.platform == name for option in options)
    ]
    notes += [
        f"{option.title}: {option.result.refused.mean:.2%} of the requests were refused at the most instances allowed"
        for option in options
        if option.result.refused.mean > 0
    ]
    if any(
        option.candidate.setup.shared and has(option.candidate.setup.platform, "added_at_cpu")
        for option in options
    ):
        notes.append(
            f"Cloud Run is taken to add instances when the CPU of a minute passes {limit('gcp', 'added_at_cpu')}%, "
            "at once and not over minutes"
        )
    if any(scales_by_cpu(option.candidate.setup.platform) for option in options):
        notes.append(
            "ECS Express Mode is taken to have the tasks that a quarter of an hour needs from its begin: in a sudden "
            "rush callers wait longer until tasks are added; a task works on as many requests at once as come "
            "(environment.THREADS, 8 unless set)"
        )
    notes += [
        f"{option.title}: up to {option.result.most} tasks at once; Express Mode's own maximum is "
        f"{option.candidate.setup.maximum}, unless maxInstances says another"
        for option in options
        if option.result.most > option.candidate.setup.maximum
    ]
    if any(scales_by_cpu(option.candidate.setup.platform) for option in options):
        notes.append(
            "ECS Express Mode never scales to zero: a task, a load balancer and their addresses are billed by the hour"
        )
    for option in options:
        unsure = sorted({line.name for line in option.list_price.lines if not line.sure})
        if unsure:
            as_if = "; in comparisons of bills it counts as if it were right" if option.free.priced else ""
            notes.append(f"{option.title}: no confirmed price for {', '.join(unsure)}{as_if}")
    return [*notes, RULE, f"ranges: the middle 95% of {_simulated(options[0].result)}"]


def _simulated(result: Result) -> str:
    """What was simulated, in words."""
    if result.seconds >= MONTH:
        return f"{len(result.months)} simulated months"
    stretch = words.duration(result.seconds)
    return f"{len(result.months)} simulated stretches of {stretch}, each standing for a month"
