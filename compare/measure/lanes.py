"""One endpoint while it is measured: its probes, its state after its last answers, and the samples of its answers."""

import math
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from compare.measure.probe import Probe
from compare.targets.endpoints import Endpoint
from runs import sample as samples
from runs.plan import Plan
from runs.sample import Answer, Connection, Sample

# After so many failures in a row a target is left aside, so that the others go on.
SET_ASIDE_AFTER = 3


class Sink(Protocol):
    """A function that takes each sample as it is measured."""

    def __call__(self, sample: Sample, /) -> None: ...


@dataclass
class Lane:
    """The state of one endpoint: failures in a row, cold starts so far and attempts at them, when it was last asked."""

    endpoint: Endpoint
    probes: dict[Connection, Probe]
    idle_s: float
    cold: int = 0
    attempts: int = 0
    fruitless: int = 0
    bursts: int = 0
    failures: int = 0
    identified: bool = False
    asked_at: float = 0.0

    @property
    def aside(self) -> bool:
        """Whether it has stopped answering."""
        return self.failures >= SET_ASIDE_AFTER

    @property
    def left_alone(self) -> bool:
        """Whether its instance may soon end, because others were asked for so long."""
        return not self.aside and time.monotonic() - self.asked_at > self.kept_s / 2

    @property
    def kept_s(self) -> float:
        """Seconds that an idle instance is kept at most."""
        return math.inf if self.endpoint.idle_s is None else self.endpoint.idle_s

    def ask(self, connection: Connection) -> Answer | None:
        """Send a request; None if it was stopped in flight."""
        answer = self.probes[connection].measure()
        if answer is not None:
            self.heard(answer)
        return answer

    def heard(self, answer: Answer) -> None:
        """Take note of an answer, also of an answer to another probe."""
        self.asked_at = time.monotonic()
        self.failures = self.failures + 1 if answer.error else 0
        self.identified = self.identified or samples.identity(answer.headers).number is not None


@contextmanager
def opened(endpoints: Sequence[Endpoint], plan: Plan, stopped: Callable[[], object]) -> Generator[list[Lane]]:
    """A lane per endpoint, with a probe for a kept and one for fresh connections; closed at the end."""
    with ExitStack() as stack:
        lanes: list[Lane] = []
        for endpoint in endpoints:
            probes: dict[Connection, Probe] = {}
            for connection in ("kept", "fresh"):
                probe = Probe(endpoint.request, connection, timeout_s=plan.timeout_s, stopped=stopped)
                probes[connection] = stack.enter_context(probe)
            lanes.append(Lane(endpoint, probes, _idle_s(endpoint, plan)))
        yield lanes


def woken(lanes: Sequence[Lane], connection: Connection) -> list[tuple[Lane, Answer | None]]:
    """Wake the `lanes` whose instances may have ended; the answer of each, None if it was stopped in flight.

    They are asked at once, and again until the last has answered, because one start may take longer than others are
    kept.
    """
    longest_s = max(lane.kept_s for lane in lanes if lane.left_alone)
    asked = [lane for lane in lanes if lane.kept_s <= longest_s and not lane.aside]
    waiting, everyone = {lane.endpoint.name for lane in asked}, threading.Event()

    def ask(lane: Lane) -> list[tuple[Lane, Answer | None]]:
        answers = [(lane, lane.ask(connection))]
        waiting.discard(lane.endpoint.name)
        if not waiting:
            everyone.set()
        while not everyone.wait(lane.kept_s / 4):
            answers.append((lane, lane.ask(connection)))
        return answers

    with ThreadPoolExecutor(len(asked)) as pool:
        return [answer for answers in pool.map(ask, asked) for answer in answers]


def _idle_s(endpoint: Endpoint, plan: Plan) -> float:
    """Seconds of its idle time: the plan's. An emulated platform was started with that, so it keeps its own."""
    known = endpoint.idle_s or 0.0
    return known if plan.idle_s is None or endpoint.source.emulated else plan.idle_s
