"""How long a trial goes on: until Ctrl-C, until a signal to end, or until its time is over."""

import time
from dataclasses import dataclass

from compare.measure.stop import Stop


class OverError(Exception):
    """A trial has to end before its last step; the text says why, `status` is the exit status that a shell expects."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Patience:
    """`stop`: whether there was a signal, None if nobody looks. ends_at: by the monotonic clock, None for no end."""

    stop: Stop | None = None
    ends_at: float | None = None

    def wait(self, seconds: float) -> None:
        """Wait; raises OverError as soon as the trial has to end."""
        self.check()
        left = seconds if self.ends_at is None else min(seconds, max(0.0, self.ends_at - time.monotonic()))
        if self.stop is None:
            time.sleep(left)
        else:
            self.stop.wait(left)
        self.check()

    def check(self) -> None:
        """Raise OverError if the trial has to end."""
        if self.stop is not None and self.stop.requested:
            raise OverError("it was interrupted", self.stop.status)
        if self.ends_at is not None and time.monotonic() >= self.ends_at:
            raise OverError("its time is over; --minutes allows for more", 1)
