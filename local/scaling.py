"""Decides as an autoscaler does, from requests, instances and the passing of time: start, assign, refuse, fail, stop.

It is pure: every event carries the time, in seconds of one clock, and returns the actions that follow from it.
"""

import itertools
import math
import sys
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

# Requests at once in an instance if nothing bounds them.
UNLIMITED = sys.maxsize
# Seconds between two attempts to start an instance that the minimum asks for, if the first attempt fails.
FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 30.0


@dataclass(frozen=True)
class Policy:
    """How a platform scales: requests at once in an instance, fewest and most instances, seconds until idle ones end.

    A request for which there is no room waits for `wait_seconds` or for `wait_startups` average start-ups, the longer
    of the two, and is then refused. With both 0 it is refused at once.
    on_demand: whether a request starts an instance and is held for it. If not, always the minimum runs, the instances
    take turns, and a request is refused at once if no instance is ready.
    provisioned: whether the instances of the minimum are of a kind of their own, as Lambda's provisioned concurrency
    is: they take requests first and never end, and all others end when they are idle.
    """

    concurrency: int
    minimum: int
    maximum: int
    idle_seconds: float
    wait_seconds: float = 0.0
    wait_startups: float = 0.0
    on_demand: bool = True
    provisioned: bool = False

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"concurrency is {self.concurrency}; at least 1 request fits into an instance")
        if not 0 <= self.minimum <= self.maximum or self.maximum < 1:
            raise ValueError(
                f"minimum is {self.minimum} and maximum {self.maximum}; 0 <= minimum <= maximum and 1 <= maximum"
            )
        if min(self.idle_seconds, self.wait_seconds, self.wait_startups) < 0:
            raise ValueError("idle_seconds, wait_seconds and wait_startups are 0 or more")

    def wait(self, average_startup: float) -> float:
        """Seconds that a request waits beyond the maximum, when a start takes `average_startup` seconds."""
        return max(self.wait_seconds, self.wait_startups * average_startup)


@dataclass(frozen=True)
class Start:
    """Start an instance; report the result with `ready` or `failed`. provisioned: whether it is of that kind."""

    instance: int
    provisioned: bool = False


@dataclass(frozen=True)
class Assign:
    """Give the request to the instance, which is ready; report its end with `done`."""

    request: Hashable
    instance: int


@dataclass(frozen=True)
class Refuse:
    """Answer the request with the platform's refusal: there is no room for it, and it has waited long enough."""

    request: Hashable


@dataclass(frozen=True)
class Fail:
    """Answer the request with the platform's error: the instance that was started for it did not become ready."""

    request: Hashable
    instance: int


@dataclass(frozen=True)
class Stop:
    """Stop the idle instance: it was idle for long enough, or it is sick and another has taken its place."""

    instance: int
    sick: bool = False


Action: TypeAlias = Start | Assign | Refuse | Fail | Stop


@dataclass
class _Running:
    idle_since: float
    requests: set[Hashable] = field(default_factory=set[Hashable])
    sick: bool = False


class Activator:
    """Scales from zero instances up and back, by a policy. A request is any hashable name, an instance a number from 1.

    A held request goes to the first instance that has room, even if another was started for it.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._numbers = itertools.count(1)
        self._held: dict[Hashable, float] = {}  # in the order of arrival
        self._starting: dict[int, float] = {}
        self._running: dict[int, _Running] = {}
        self._provisioned: set[int] = set()
        self._where: dict[Hashable, int] = {}
        self._startups: list[float] = []
        self._failures = 0
        self._retry_at = -math.inf

    @property
    def instances(self) -> int:
        """How many instances are starting or running; a sick one does not count."""
        return len(self._starting) + self._healthy

    @property
    def average_startup(self) -> float:
        """Seconds from start to ready, on average; 0 before the first."""
        return sum(self._startups) / len(self._startups) if self._startups else 0.0

    def tick(self, now: float) -> list[Action]:
        """Time has passed. This is also the first event, which starts the minimum."""
        return list(self._settle(now))

    def arrive(self, request: Hashable, now: float) -> list[Action]:
        """A request came."""
        self._held[request] = now
        return list(self._settle(now))

    def put_back(self, request: Hashable, now: float) -> list[Action]:
        """The instance ended before it took the request assigned to it. The request is the next in line again."""
        self._leave(request, now)
        self._held = {request: now, **self._held}
        return list(self._settle(now))

    def done(self, request: Hashable, now: float) -> list[Action]:
        """The request was answered, or its client has gone. It no longer counts, whether it was held or assigned."""
        self._held.pop(request, None)
        self._leave(request, now)
        return list(self._settle(now))

    def ready(self, instance: int, now: float) -> list[Action]:
        """The instance can take requests."""
        self._startups.append(now - self._starting.pop(instance))
        self._running[instance] = _Running(idle_since=now)
        self._failures = 0
        return list(self._settle(now))

    def failed(self, instance: int, now: float) -> list[Action]:
        """The instance did not start. The oldest requests fail with it, as many as it would have taken.

        With one that is provisioned none fails: it was not started for them.
        """
        del self._starting[instance]
        self._retry_at = now + min(FIRST_RETRY_SECONDS * 2**self._failures, LAST_RETRY_SECONDS)
        self._failures += 1
        victims = [] if instance in self._provisioned else list(self._held)[: self.policy.concurrency]
        self._provisioned.discard(instance)
        for request in victims:
            del self._held[request]
        return [Fail(request, instance) for request in victims] + list(self._settle(now))

    def lost(self, instance: int, now: float) -> list[Action]:
        """The instance died. Each of its requests is then reported by `done` or `put_back`."""
        gone = self._running.pop(instance, None)
        self._provisioned.discard(instance)
        for request in gone.requests if gone else ():
            del self._where[request]
        return list(self._settle(now))

    def sick(self, instance: int, now: float) -> list[Action]:
        """The instance fails its health checks. Until another has taken its place, it serves only if no other can."""
        self._running[instance].sick = True
        return list(self._settle(now))

    def wakes_at(self, now: float) -> float | None:
        """When `tick` is due next, if nothing else happens before; None if no time is due."""
        times = [held + self._wait for held in list(self._held.values())[self._coming :]]
        if self._further > 0:
            times += [self._running[n].idle_since + self.policy.idle_seconds for n in self._idle()]
        if self._kept < self.policy.minimum:
            times.append(self._retry_at)
        return max(now, min(times)) if times else None

    @property
    def _healthy(self) -> int:
        return sum(not running.sick for running in self._running.values())

    @property
    def _kept(self) -> int:
        """How many instances count for the minimum; more than that if all of them do."""
        if not self.policy.provisioned:
            return self.instances
        return sum(number in self._starting or not self._running[number].sick for number in self._provisioned)

    @property
    def _further(self) -> int:
        """How many instances there are beyond those that stay."""
        return self.instances - (self._kept if self.policy.provisioned else self.policy.minimum)

    def _idle(self) -> list[int]:
        """Instances that end when they have been idle for long enough, if there are more than stay."""
        return [
            number
            for number, running in self._running.items()
            if not running.sick and not running.requests and number not in self._provisioned
        ]

    @property
    def _coming(self) -> int:
        """How many of the held requests the starting instances will take."""
        return len(self._starting) * self.policy.concurrency if self.policy.on_demand else 0

    @property
    def _wait(self) -> float:
        return self.policy.wait(self.average_startup)

    def _leave(self, request: Hashable, now: float) -> None:
        instance = self._where.pop(request, None)
        if instance is not None:
            running = self._running[instance]
            running.requests.discard(request)
            running.idle_since = now

    def _settle(self, now: float) -> Iterator[Action]:
        yield from self._assign()
        yield from self._start(now)
        yield from self._refuse(now)
        yield from self._stop(now)

    def _assign(self) -> Iterator[Action]:
        while self._held:
            free = [n for n, i in self._running.items() if len(i.requests) < self.policy.concurrency]
            if not free:
                return
            instance = min(free, key=self._preference)
            request = next(iter(self._held))
            del self._held[request]
            if not self.policy.on_demand:
                self._running[instance] = self._running.pop(instance)  # now the last in turn
            self._running[instance].requests.add(request)
            self._where[request] = instance
            yield Assign(request, instance)

    def _preference(self, instance: int) -> tuple[float, ...]:
        running = self._running[instance]
        if not self.policy.on_demand:
            return (running.sick,)
        # The least busy, and of those the one used last, so that the others may become idle.
        return running.sick, instance not in self._provisioned, len(running.requests), -running.idle_since

    def _start(self, now: float) -> Iterator[Action]:
        while True:
            # The place of an instance that is provisioned stays free for it.
            room = self._further < self.policy.maximum - self.policy.minimum
            wanted = self.policy.on_demand and len(self._held) > self._coming and room
            missing = self._kept < self.policy.minimum and now >= self._retry_at
            if not wanted and not missing:
                return
            instance = next(self._numbers)
            self._starting[instance] = now
            provisioned = self.policy.provisioned and missing
            if provisioned:
                self._provisioned.add(instance)
            yield Start(instance, provisioned)

    def _refuse(self, now: float) -> Iterator[Action]:
        wait = self._wait
        for request, since in list(self._held.items())[self._coming :]:
            if now >= since + wait:
                del self._held[request]
                yield Refuse(request)

    def _stop(self, now: float) -> Iterator[Action]:
        if self._healthy >= self.policy.minimum:
            for instance in [n for n, i in self._running.items() if i.sick and not i.requests]:
                del self._running[instance]
                self._provisioned.discard(instance)
                yield Stop(instance, sick=True)
        for instance in sorted(self._idle(), key=lambda number: self._running[number].idle_since):
            if self._further <= 0:
                return
            if now >= self._running[instance].idle_since + self.policy.idle_seconds:
                del self._running[instance]
                yield Stop(instance)
