"""A deployment as the simulation needs it: its rule of scaling, how long things take there, and how time is billed."""

from dataclasses import dataclass

from commandline import UserError
from cost.setup import Setup
from cost.simulation import state
from cost.simulation.rule import ROOM, SLOTS, Rule
from cost.simulation.state import Draws
from cost.simulation.timing import Timing
from platforms import calls_a_function, least_instances, limit, limit_or
from platforms.prices import Prices


@dataclass(frozen=True)
class System:
    """One deployment as the simulation needs it: what it is, how long things take there, how it counts."""

    setup: Setup
    timing: Timing
    rule: Rule
    draws: Draws


def system(setup: Setup, timing: Timing, prices: Prices) -> System:
    """A deployment ready to be simulated; how time is billed there comes from its prices."""
    by_request = calls_a_function(setup.platform)
    price = prices.price(
        setup.platform, f"duration_{setup.architecture}" if by_request else "cpu", setup.region
    )
    step = float(price.step) if by_request else 0.0
    if setup.shared:
        warm = state.shared(timing.work, timing.waits, timing.beyond, float(setup.vcpu))
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
    rule = Rule(
        concurrency=setup.concurrency,
        minimum=setup.minimum,
        maximum=min(setup.maximum, most),
        wait=float(limit_or(setup.platform, "pending_timeout", 0)),
        wait_startups=float(limit_or(setup.platform, "pending_startups", 0)),
        active_step=0.0 if by_request else float(price.step),
        active_minimum=float(price.minimum),
        stop=float(setup.stop_s) if setup.active_while_starting else 0.0,
        cpus=float(setup.vcpu) if setup.shared else 0.0,
        target=limit_or(setup.platform, "added_at_cpu", 0) / 100 if setup.shared else 0.0,
        wanted=least_instances(setup.platform) > 0,
        provisioned=by_request,
    )
    return System(setup, timing, rule, table)


def _tracked_rule(setup: Setup) -> Rule:
    """The rule of tasks behind a load balancer, which come and go by themselves: see tasks.py."""
    return Rule(
        concurrency=ROOM // SLOTS,
        minimum=SLOTS,
        maximum=SLOTS,
        wait=float(limit(setup.platform, "request_timeout")),
        wait_startups=0.0,
        active_step=0.0,
        active_minimum=0.0,
        stop=0.0,
        cpus=float(setup.vcpu),
    )
