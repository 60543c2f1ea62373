"""A plan and endpoints into samples: cycles of a cold start and interleaved warm rounds in random order, then load."""

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from compare.measure import lanes as lanes_
from compare.measure import load, together
from compare.measure.contact import Contact
from compare.measure.lanes import Lane, Sink
from compare.measure.measurement import Measurement, tries_again
from compare.measure.stop import Stop
from compare.measure.view import View
from compare.targets.endpoints import Endpoint
from runs import sample as samples
from runs.plan import Plan
from runs.sample import Answer, Connection, How, Moment, Sample

# How many attempts there are for each cold start that is wanted; a later attempt has a longer idle time.
ATTEMPTS_PER_COLD_START = 2
# So many bursts in a row without a cold start (the instances take all of the requests), or so many attempts in a row
# with a wrong answer, end the attempts.
FRUITLESS = 3
LARGEST_BURST = 100
_LONGER = 1.25
_LONGEST_IDLE_S = 3600.0


@dataclass(frozen=True)
class Done:
    """The work that an earlier part of the run has done: cycles, warm rounds, cold starts by target.

    whole: its cycles in which every target was warm. A cycle that was cut off is replaced by another.
    """

    cycle: int = 0
    whole: int = 0
    round: int = 0
    cold: Mapping[str, int] = field(default_factory=dict[str, int])


class Experiment:
    """The run of one plan.

    began: the monotonic time from which `at_s` counts. longer: gives how many times as long as until now the run has to
    be for the wanted precision, None if that is not known.
    """

    def __init__(
        self,
        plan: Plan,
        endpoints: Sequence[Endpoint],
        sink: Sink,
        *,
        stop: Stop,
        view: View,
        began: float,
        longer: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.plan = plan
        self.endpoints = endpoints
        self.stop = stop
        self.view = view
        self._longer = longer
        order = random.Random(plan.seed)  # noqa: S311 -- order of measurement, not a secret
        self._measurement = Measurement(plan, sink, stop, view, began, order)
        self._end = plan.cycles
        self._cycles_expected: int | None = None

    def run(self, done: Done, met: Callable[[Contact], None]) -> None:
        """Measure what is left after `done`, until the plan is fulfilled or the user stops it.

        `met` is called with the result of the first contact.
        """
        self._measurement.cycle, self._measurement.round = done.cycle, done.round
        self._end = done.cycle + max(0, self.plan.cycles - done.whole)
        with lanes_.opened(self.endpoints, self.plan, lambda: self.stop.requested) as lanes:
            for lane in lanes:
                lane.cold = done.cold.get(lane.endpoint.name, 0)
            met(self._first_contact(lanes))
            while not self.stop.requested and not self._done(lanes):
                self.view.stage(
                    "cycle", self._measurement.cycle, self._cycles_expected, about=self.plan.open_ended
                )
                self._cold_starts(lanes)
                self._warm_rounds(lanes)
                self._measurement.cycle += 1
            if self.plan.rate and not self.stop.requested:
                load.measure(self._measurement, lanes)

    def _first_contact(self, lanes: list[Lane]) -> Contact:
        """Ask each target, then try a few warm rounds that are not measured."""
        plan, first_s = self.plan, dict[str, float]()
        for lane in lanes:
            began = time.monotonic()
            self._measurement.prepare(lane, samples.FIRST_CONTACT, ["fresh"])
            first_s[lane.endpoint.name] = time.monotonic() - began
        answering = [lane for lane in lanes if not lane.failures]
        took_s: dict[tuple[str, Connection], list[float]] = {}
        turns: list[tuple[Lane, Connection]] = [
            (lane, kind) for lane in answering for kind in plan.connections
        ]
        for _ in range(plan.trials):
            for lane, connection in turns:
                if self.stop.requested or self._measurement.out_of_time():
                    break
                if lane.left_alone:
                    self._measurement.wake(answering, connection)
                began = time.monotonic()
                self._measurement.prepare(lane, samples.FIRST_CONTACT, [connection])
                took_s.setdefault((lane.endpoint.name, connection), []).append(time.monotonic() - began)
        wanting = [lane for lane in answering if self._wants_cold(lane)]
        return Contact(
            cycles=self._cycles_at_most() - self._measurement.cycle,
            rounds=max(0, plan.rounds - self._measurement.round),
            idle_s=max((lane.idle_s for lane in wanting if self._leaves_alone), default=0.0),
            starts_s=[first_s[lane.endpoint.name] for lane in wanting],
            # The median, because one answer may be slow, or may have opened the connection.
            round_s=sum(map(statistics.median, took_s.values())),
            targets=len(answering),
        )

    @property
    def _leaves_alone(self) -> bool:
        """Whether the plan has idle times before cold starts."""
        return self.plan.cold == "idle" or self.plan.idle_s is not None

    def _cycles_at_most(self) -> int:
        """How many cycles there will be, if no cold start fails and an open-ended run goes on to its cap."""
        if not self.plan.open_ended:
            return self._end
        return self._measurement.cycle + math.ceil(
            max(0, self.plan.rounds - self._measurement.round) / self.plan.rounds_a_cycle
        )

    def _done(self, lanes: list[Lane]) -> bool:
        plan = self.plan
        if self._measurement.out_of_time():
            return True
        if plan.open_ended:
            times = self._longer() if self._measurement.round else None
            expected = None if times is None else math.ceil(self._measurement.cycle * times)
            self._cycles_expected = expected and min(self._cycles_at_most(), expected)
            return self._measurement.round >= plan.rounds or (times is not None and times <= 1)
        self._cycles_expected = self._end
        return self._measurement.cycle >= self._end and not any(self._wants_cold(lane) for lane in lanes)

    def _wants_cold(self, lane: Lane) -> bool:
        plan = self.plan
        return (
            plan.cold != "none"
            and lane.endpoint.idle_s is not None
            and lane.identified
            and not lane.aside
            and lane.cold < plan.cold_starts
            and lane.attempts < ATTEMPTS_PER_COLD_START * plan.cold_starts
            and lane.fruitless < FRUITLESS
        )

    def _cold_starts(self, lanes: list[Lane]) -> None:
        wanting = [lane for lane in lanes if self._wants_cold(lane)]
        if not wanting:
            return
        if self._leaves_alone:
            self._idle(wanting)
        self._measurement.order.shuffle(wanting)
        for lane in wanting:
            if self.stop.requested or self._measurement.out_of_time():
                return
            if self.plan.cold == "idle":
                self._cold_start(lane)
            else:
                self._burst(lane)
            self.view.tick()

    def _idle(self, lanes: list[Lane]) -> None:
        """Wait until each of `lanes` has been idle for its idle time."""
        until = max(lane.asked_at + lane.idle_s for lane in lanes)
        if self.plan.duration_s is not None:
            until = min(until, self._measurement.began + self.plan.duration_s)
        self.view.doing("leaving targets alone")
        while not self.stop.requested and (left := until - time.monotonic()) > 0:
            self.stop.wait(min(left, 0.5))
            self.view.tick()

    def _cold_start(self, lane: Lane) -> None:
        moment = self._measurement.moment()
        lane.attempts += 1
        answer = lane.ask("fresh")
        if answer is None:
            return
        sample = self._keep_cold(lane, moment, answer, "idle")
        lane.fruitless = 0 if sample.ok else lane.fruitless + 1
        if sample.ok and sample.kind != "cold":
            lane.idle_s = min(lane.idle_s * _LONGER, _LONGEST_IDLE_S)

    def _burst(self, lane: Lane) -> None:
        """Send more requests at once than there are instances; without idle times, earlier bursts have left some."""
        lane.bursts += 1
        lane.attempts += 1
        size = self.plan.burst
        if self.plan.idle_s is None:
            size = max(size, min(size * lane.bursts, LARGEST_BURST))
        self.view.doing(f"a burst of {size} requests")
        started = 0
        for sent in together.burst(self._measurement.connections(lane, "fresh"), size):
            lane.heard(sent.answer)
            moment = Moment(self._measurement.cycle, lane.bursts - 1, sent.at - self._measurement.began)
            started += self._keep_cold(lane, moment, sent.answer, "burst").kind == "cold"
        lane.fruitless = 0 if started else lane.fruitless + 1

    def _keep_cold(self, lane: Lane, moment: Moment, answer: Answer, how: How) -> Sample:
        endpoint = lane.endpoint
        sample = samples.attempted_cold(endpoint.source, moment, answer, endpoint.request.expect, how)
        self._measurement.sink(sample)
        lane.cold += sample.ok and sample.kind == "cold"
        return sample

    def _warm_rounds(self, lanes: list[Lane]) -> None:
        rounds = self._rounds_now()
        for lane in lanes if rounds else []:
            if not lane.aside or tries_again(self._measurement.cycle):
                self._measurement.prepare(lane, samples.OPENING, self.plan.connections)
        self.view.doing("warm rounds")
        for _ in range(rounds):
            turns: list[tuple[Lane, Connection]] = [
                (lane, connection) for lane in lanes for connection in self.plan.connections
            ]
            self._measurement.order.shuffle(turns)
            for lane, connection in turns:
                if self.stop.requested or self._measurement.out_of_time():
                    return
                if lane.left_alone:
                    self._measurement.wake(lanes, connection)
                if not lane.aside:
                    self._warm(lane, connection)
            self._measurement.round += 1
            self.view.tick()

    def _rounds_now(self) -> int:
        """This cycle's share of the warm rounds that are left.

        A cycle that replaces one without a cold start has as many rounds as that one; otherwise intervals would lack an
        instance.
        """
        plan = self.plan
        left = max(0, plan.rounds - self._measurement.round)
        if plan.open_ended:
            return min(left, plan.rounds_a_cycle)
        if self._measurement.cycle >= self._end:
            return math.ceil(plan.rounds / plan.cycles) if plan.cold == "idle" else 0
        return math.ceil(left / (self._end - self._measurement.cycle))

    def _warm(self, lane: Lane, connection: Connection) -> None:
        moment = self._measurement.moment()
        answer = lane.ask(connection)
        if answer is not None:
            endpoint = lane.endpoint
            self._measurement.sink(
                samples.attempted_warm(endpoint.source, moment, answer, endpoint.request.expect, connection)
            )
