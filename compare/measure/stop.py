"""Turns Ctrl-C and SIGTERM into a flag. Every wait and every request checks it, so that no sample is cut in two."""

import os
import select
import signal
from types import FrameType
from typing import Self


class Stop:
    """A context in which the first SIGINT or SIGTERM sets the flag and a second SIGINT raises KeyboardInterrupt.

    A plain flag and a pipe, because `threading.Event.set` in a signal handler can deadlock with `Event.wait`.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._read, self._write = os.pipe()
        self._before: dict[int, object] = {}

    @property
    def requested(self) -> bool:
        """Whether there was a signal."""
        return bool(self.signal)

    @property
    def status(self) -> int:
        """The exit status a shell expects after the signal: 130 or 143."""
        return 128 + self.signal

    def request(self, signal_number: int = signal.SIGINT) -> None:
        """Set the flag, as the signal would."""
        if not self.signal:
            self.signal = signal_number
            os.write(self._write, b"x")

    def wait(self, seconds: float) -> bool:
        """Wait for `seconds` or until the flag is set; true when it is."""
        if not self.signal and seconds > 0:
            select.select([self._read], [], [], seconds)
        return bool(self.signal)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # pyright: ignore[reportArgumentType]
        os.close(self._read)
        os.close(self._write)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.signal:
            raise KeyboardInterrupt
        self.request(number)
