"""A plan and endpoints into samples: cycles of a cold start and interleaved warm rounds in random order."""

import random
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from compare import sample as samples
from compare.endpoints import Endpoint
from compare.plan import Plan
from compare.probe import Probe
from compare.sample import Answer, Connection, How, Moment, Sample
from compare.stop import Stop

# A target that does not answer this often in a row is left aside until the next cycle, so that the others go on.
SET_ASIDE_AFTER = 3
# Cold starts that turn out not to be any are tried again after a longer idle time, so often per one wanted.
ATTEMPTS_PER_COLD_START = 2
_LONGER = 1.25
_LONGEST_IDLE_S = 3600.0


class Sink(Protocol):
    """Where samples go, one by one as they are measured."""

    def __call__(self, sample: Sample, /) -> None: ...


class View(Protocol):
    """What is told about the progress, between requests and never during one."""

    def cycle(self, number: int, of: int) -> None:
        """A cycle begins."""
        ...

    def idling(self, seconds: float) -> None:
        """Targets are left alone for so long."""
        ...

    def tick(self) -> None:
        """A good moment to draw."""
        ...


@dataclass
class Lane:
    """One endpoint while it is measured: its probes, and what its last answers say about it."""

    endpoint: Endpoint
    probes: dict[Connection, Probe]
    failures: int = 0
    identified: bool = False
    cold: int = 0
    attempts: int = 0
    asked_at: float = 0.0
    idle_s: float = 0.0

    @property
    def aside(self) -> bool:
        """Whether it has stopped answering."""
        return self.failures >= SET_ASIDE_AFTER


class Experiment:
    """The run of one plan. `began` is the monotonic time from which `at_s` counts."""

    def __init__(
        self,
        plan: Plan,
        endpoints: Sequence[Endpoint],
        sink: Sink,
        *,
        stop: Stop,
        view: View,
        began: float,
        precise: Callable[[], bool] = lambda: False,
    ) -> None:
        self.plan = plan
        self.endpoints = endpoints
        self.stop = stop
        self.view = view
        self._sink = sink
        self._began = began
        self._precise = precise
        self._random = random.Random(plan.seed)  # noqa: S311 -- order of measurement, not a secret
        self._cycle = 0
        self._round = 0

    def run(self, *, first_cycle: int = 0, first_round: int = 0, cold: dict[str, int] | None = None) -> None:
        """Measure until the plan is fulfilled or the user stops it.

        A resumed run goes on at `first_cycle` and `first_round`, with the cold starts it already has by target.
        """
        self._cycle, self._round = first_cycle, first_round
        with self._lanes() as lanes:
            for lane in lanes:
                lane.cold = (cold or {}).get(lane.endpoint.name, 0)
                self._prepare(lane, "first contact", ["fresh"])
            while not self.stop and not self._done(lanes):
                self.view.cycle(self._cycle, self.plan.cycles)
                self._cold_starts(lanes)
                self._warm_rounds(lanes)
                self._cycle += 1

    def _done(self, lanes: list[Lane]) -> bool:
        plan = self.plan
        if plan.duration_s is not None and self._elapsed() >= plan.duration_s:
            return True
        if plan.precision is not None and self._round and self._precise():
            return True
        if self._round >= plan.rounds and (plan.precision is not None or plan.duration_s is not None):
            return True
        if self._cycle < plan.cycles or plan.precision is not None or plan.duration_s is not None:
            return False
        return not any(self._wants_cold(lane) for lane in lanes)

    def _wants_cold(self, lane: Lane) -> bool:
        plan = self.plan
        return (
            plan.cold != "none"
            and lane.endpoint.idle_s is not None
            and lane.identified
            and not lane.aside
            and lane.cold < plan.cold_starts
            and lane.attempts < ATTEMPTS_PER_COLD_START * plan.cold_starts
        )

    def _cold_starts(self, lanes: list[Lane]) -> None:
        wanting = [lane for lane in lanes if self._wants_cold(lane)]
        if self.plan.cold == "none" or not wanting:
            return
        self._idle(wanting)
        self._random.shuffle(wanting)
        for lane in wanting:
            if self.stop:
                return
            self._cold_start(lane, "idle")
            self.view.tick()

    def _idle(self, lanes: list[Lane]) -> None:
        """Wait until every one of `lanes` has been left alone for its idle time."""
        until = max(lane.asked_at + lane.idle_s for lane in lanes)
        self.view.idling(until - time.monotonic())
        while not self.stop and (left := until - time.monotonic()) > 0:
            self.stop.wait(min(left, 0.5))
            self.view.tick()

    def _cold_start(self, lane: Lane, how: How) -> None:
        moment = self._moment()
        lane.attempts += 1
        answer = self._ask(lane, "fresh")
        if answer is None:
            return
        sample = samples.attempted_cold(
            lane.endpoint.source, moment, answer, lane.endpoint.request.expect, how
        )
        self._sink(sample)
        if sample.kind == "cold" and sample.ok:
            lane.cold += 1
        elif sample.ok:
            lane.idle_s = min(lane.idle_s * _LONGER, _LONGEST_IDLE_S)

    def _warm_rounds(self, lanes: list[Lane]) -> None:
        for lane in lanes:
            if not lane.aside or self._tries_again():
                self._prepare(lane, "opening the connection", self.plan.connections)
        for _ in range(self.plan.rounds_of(self._cycle)):
            if self.stop or (self.plan.duration_s is not None and self._elapsed() >= self.plan.duration_s):
                return
            turns: list[tuple[Lane, Connection]] = [
                (lane, connection) for lane in lanes for connection in self.plan.connections
            ]
            self._random.shuffle(turns)
            for lane, connection in turns:
                if self.stop:
                    return
                if not lane.aside:
                    self._warm(lane, connection)
            self._round += 1
            self.view.tick()

    def _tries_again(self) -> bool:
        """Whether targets left aside are asked in this cycle: number 1, 2, 4, 8, so that a hanging one costs little."""
        return self._cycle.bit_count() == 1

    def _warm(self, lane: Lane, connection: Connection) -> None:
        moment = self._moment()
        answer = self._ask(lane, connection)
        if answer is not None:
            endpoint = lane.endpoint
            self._sink(
                samples.attempted_warm(endpoint.source, moment, answer, endpoint.request.expect, connection)
            )

    def _prepare(self, lane: Lane, why: str, connections: Sequence[Connection]) -> None:
        """Ask once on each connection without measuring: opens what is kept, and finds out whether a target is back."""
        for connection in connections:
            if self.stop:
                return
            moment = self._moment()
            answer = self._ask(lane, connection)
            if answer is None:
                return
            endpoint = lane.endpoint
            self._sink(samples.preparation(endpoint.source, moment, answer, endpoint.request.expect, why))
            if lane.aside:
                return

    def _ask(self, lane: Lane, connection: Connection) -> Answer | None:
        answer = lane.probes[connection].measure()
        lane.asked_at = time.monotonic()
        if answer is not None:
            lane.failures = lane.failures + 1 if answer.error else 0
            lane.identified = lane.identified or samples.identity(answer.headers).number is not None
        return answer

    def _moment(self) -> Moment:
        return Moment(self._cycle, self._round, self._elapsed())

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    @contextmanager
    def _lanes(self) -> Generator[list[Lane]]:
        with ExitStack() as stack:
            lanes: list[Lane] = []
            for endpoint in self.endpoints:
                probes: dict[Connection, Probe] = {}
                for connection in ("kept", "fresh"):
                    probe = Probe(
                        endpoint.request,
                        connection,
                        timeout_s=self.plan.timeout_s,
                        stopped=lambda: self.stop,
                    )
                    probes[connection] = stack.enter_context(probe)
                lanes.append(Lane(endpoint, probes, idle_s=self._idle_s(endpoint)))
            yield lanes

    def _idle_s(self, endpoint: Endpoint) -> float:
        asked = self.plan.idle_s
        return (endpoint.idle_s or 0.0) if asked is None or endpoint.source.emulated else asked
