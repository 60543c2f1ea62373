"""The state of a run while it is measured: how far it is, where its samples go, and requests that are not measured."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from compare.measure import lanes as lanes_
from compare.measure import together
from compare.measure.lanes import Lane, Sink
from compare.measure.stop import Stop
from compare.measure.view import View
from runs import sample as samples
from runs.plan import Plan
from runs.sample import Connection, Moment


@dataclass
class Measurement:
    """The state that cycles and load share.

    began: the monotonic time from which `at_s` counts. order: draws the order in which targets are asked. cycle, round:
    how far the run is.
    """

    plan: Plan
    sink: Sink
    stop: Stop
    view: View
    began: float
    order: random.Random
    cycle: int = 0
    round: int = 0

    def moment(self) -> Moment:
        """The cycle, the round and the time of a sample that is taken now."""
        return Moment(self.cycle, self.round, self._elapsed())

    def out_of_time(self) -> bool:
        """Whether the plan's duration is over."""
        return self.plan.duration_s is not None and self._elapsed() >= self.plan.duration_s

    def connections(self, lane: Lane, connection: Connection) -> together.Connections:
        """The connections by which several requests at once are sent to one target."""
        return together.Connections(
            lane.endpoint, connection, self.plan.timeout_s, lambda: self.stop.requested
        )

    def wake(self, lanes: Sequence[Lane], connection: Connection) -> None:
        """Send unmeasured requests to those of `lanes` that were idle, or the next answer would be a cold start."""
        moment = self.moment()
        for lane, answer in lanes_.woken(lanes, connection):
            if answer is not None:
                expect = lane.endpoint.request.expect
                self.sink(samples.preparation(lane.endpoint.source, moment, answer, expect, samples.WAKING))

    def prepare(self, lane: Lane, why: str, connections: Sequence[Connection]) -> None:
        """Send an unmeasured request on each connection: it opens a kept one, and shows whether a target is back."""
        for connection in connections:
            if self.stop.requested:
                return
            moment = self.moment()
            answer = lane.ask(connection)
            if answer is None:
                return
            endpoint = lane.endpoint
            self.sink(samples.preparation(endpoint.source, moment, answer, endpoint.request.expect, why))
            if lane.aside:
                return

    def _elapsed(self) -> float:
        return time.monotonic() - self.began


def tries_again(number: int) -> bool:
    """Whether targets left aside are asked in this cycle or slice: 1, 2, 4, 8, so that a hanging one costs little."""
    return number.bit_count() == 1
