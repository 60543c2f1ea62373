"""Load: requests at a rate, whether or not earlier ones are answered, on one target at a time."""

import time
from contextlib import ExitStack

from compare.measure import together
from compare.measure.lanes import Lane
from compare.measure.measurement import Measurement, tries_again
from runs import sample as samples
from runs.sample import Moment

# Seconds before the first request of a slice is due, so that its threads are ready for it.
_LEAD_S = 0.1


def measure(measurement: Measurement, lanes: list[Lane]) -> None:
    """Send the load to each target, in slices and in random order, so that a drift affects all equally."""
    plan = measurement.plan
    rate = plan.rate or 0.0
    count = max(1, round(rate * plan.load_s / plan.slices))
    with ExitStack() as stack:
        loops = [(lane, _open_loop(measurement, stack, lane)) for lane in lanes if not lane.aside]
        for number in range(plan.slices):
            measurement.view.stage("slice", number, plan.slices)
            measurement.order.shuffle(loops)
            for lane, loop in loops:
                if measurement.stop.requested:
                    return
                if lane.aside and tries_again(number):
                    measurement.prepare(lane, samples.OPENING, ["kept"])
                if lane.left_alone:
                    measurement.wake([lane], "kept")
                if lane.aside:
                    continue
                measurement.view.doing(f"{rate:g} requests a second on {lane.endpoint.name}")
                begin = time.monotonic() + _LEAD_S
                for sent in loop.run([begin + k / rate for k in range(count)]):
                    _keep(measurement, lane, number, sent)
                measurement.view.tick()


def _open_loop(measurement: Measurement, stack: ExitStack, lane: Lane) -> together.OpenLoop:
    """The loop on a target, with all of its connections open."""
    loop = stack.enter_context(
        together.OpenLoop(measurement.connections(lane, "kept"), measurement.plan.load_connections)
    )
    endpoint = lane.endpoint
    for sent in loop.opened():
        moment = Moment(measurement.cycle, 0, sent.at - measurement.began)
        expect = endpoint.request.expect
        measurement.sink(samples.preparation(endpoint.source, moment, sent.answer, expect, samples.OPENING))
    return loop


def _keep(measurement: Measurement, lane: Lane, number: int, sent: together.Sent) -> None:
    lane.heard(sent.answer)
    late_ms = None if sent.late_s is None else sent.late_s * 1000
    moment = Moment(measurement.cycle, number, sent.at - measurement.began, late_ms)
    endpoint = lane.endpoint
    measurement.sink(samples.attempted_load(endpoint.source, moment, sent.answer, endpoint.request.expect))
