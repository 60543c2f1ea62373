"""Sends requests that are under way at once: a burst, or an open loop at a rate. Gives answers as they come."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from compare.measure.probe import Probe
from compare.targets.endpoints import Endpoint
from runs.sample import Answer, Connection, Times

NEVER_SENT = "never sent: every connection was waiting for an answer"
_POLL_S = 0.1


@dataclass(frozen=True)
class Connections:
    """Says how each of several requests at once is sent."""

    endpoint: Endpoint
    connection: Connection
    timeout_s: float
    stopped: Callable[[], object]

    def probe(self) -> Probe:
        """A probe of its own, for one thread."""
        return Probe(self.endpoint.request, self.connection, timeout_s=self.timeout_s, stopped=self.stopped)


@dataclass(frozen=True)
class Sent:
    """An answer, the monotonic time when its request was sent, and the milliseconds that it was sent too late."""

    at: float
    late_s: float | None
    answer: Answer


Found = queue.SimpleQueue[Sent | None]


def burst(connections: Connections, size: int) -> Generator[Sent]:
    """`size` requests at the same moment, each on a connection of its own; answers as they arrive.

    Requests that were stopped in flight have none.
    """
    outcomes: Found = queue.SimpleQueue()
    gate = threading.Event()

    def one(probe: Probe) -> None:
        gate.wait()
        at = time.monotonic()
        answer = probe.measure()
        outcomes.put(None if answer is None else Sent(at, None, answer))

    with ExitStack() as stack:
        probes = [stack.enter_context(connections.probe()) for _ in range(size)]
        threads = [threading.Thread(target=one, args=(probe,), daemon=True) for probe in probes]
        for thread in threads:
            thread.start()
        gate.set()
        try:
            yield from _gathered(outcomes, size)
        finally:  # also where nobody wants the rest: no connection may be closed while it is used
            for thread in threads:
                thread.join()


class OpenLoop:
    """Kept connections that send requests when they are due, whether or not earlier ones are answered.

    Each of the connections has a thread. If all of them wait when a request is due, it is sent late, and that time
    counts as waiting of its caller. If it cannot be sent within the timeout, it is a failure. No request is left out
    because the target was slow.
    """

    def __init__(self, connections: Connections, count: int) -> None:
        self._connections = connections
        self._due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._found: Found = queue.SimpleQueue()
        self._opening = threading.Lock()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self._due.put(None)
        for thread in self._threads:
            thread.join()

    def opened(self) -> Iterator[Sent]:
        """The answers to the requests that opened the connections, one after the other."""
        return _gathered(self._found, len(self._threads))

    def run(self, due: list[float]) -> Iterator[Sent]:
        """A request at each of the moments `due`, in order; their answers as they arrive."""
        for moment in due:
            self._due.put(moment)
        return _gathered(self._found, len(due))

    def _work(self) -> None:
        with self._connections.probe() as probe:
            with self._opening:  # one at a time: this is no burst
                self._found.put(self._send(probe, None))
            while (due := self._due.get()) is not None:
                self._found.put(self._send(probe, due))

    def _send(self, probe: Probe, due: float | None) -> Sent | None:
        while due is not None and (left := due - time.monotonic()) > 0:
            if self._connections.stopped():
                return None
            time.sleep(min(left, _POLL_S))
        at = time.monotonic()
        late_s = None if due is None else at - due
        if late_s is not None and late_s > self._connections.timeout_s:
            nothing = Times(0.0, 0.0, None, 0.0, 0.0)
            return Sent(at, late_s, Answer(self._connections.connection, None, nothing, NEVER_SENT))
        answer = None if self._connections.stopped() else probe.measure()
        return None if answer is None else Sent(at, late_s, answer)


def _gathered(outcomes: Found, count: int) -> Iterator[Sent]:
    """The next `count` answers of the threads, without requests that were stopped in flight."""
    for _ in range(count):
        sent = outcomes.get()
        if sent is not None:
            yield sent
