"""Threads that run a given number of jobs at once, and another one while a job only waits."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

Task = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Turns:
    """Runs `count` jobs at once, the others in the order in which they came.

    A job that only waits for somebody else gives its turn to another meanwhile. Threads are made when they are needed;
    they end with the process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = count
        self._idle = 0
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._mine = threading.local()

    def submit(self, job: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Have `job` run when it is its turn."""
        task: Task = (Future(), job, arguments)
        self._when_free(lambda: self._begin(task))
        return task[0]

    def wait(self, ready: Callable[[], Any]) -> Any:
        """The result of `ready`, which blocks; meanwhile another job has the turn of this thread, if it has one."""
        if not getattr(self._mine, "turn", False):
            return ready()
        self._pass_on()
        try:
            return ready()
        finally:
            again = threading.Lock()
            again.acquire()
            self._when_free(again.release)
            again.acquire()

    def shutdown(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - as an executor has it
        """Do nothing: the threads end with the process."""

    def _when_free(self, begin: Callable[[], object]) -> None:
        with self._lock:
            if not self._free:
                self._waiting.append(begin)
                return
            self._free -= 1
        begin()

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            begin = self._waiting.popleft()
        begin()

    def _begin(self, task: Task) -> None:
        with self._lock:
            is_idle = self._idle > 0
            self._idle -= is_idle
        if is_idle:
            self._tasks.put(task)
        else:
            threading.Thread(target=self._work, args=(task,), daemon=True).start()

    def _work(self, task: Task) -> None:
        self._mine.turn = True
        while True:
            future, job, arguments = task
            try:
                future.set_result(job(*arguments))
            except BaseException as failure:  # noqa: BLE001 - raised when the result is asked for
                future.set_exception(failure)
            with self._lock:
                # Threads that were made while others waited are too many now.
                is_surplus = self._idle >= self._count
                self._idle += not is_surplus
            self._pass_on()
            if is_surplus:
                return
            del task, future, job, arguments
            task = self._tasks.get()
