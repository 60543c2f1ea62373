"""What happens and what instances print, as lines of one log: events with the time, output with the instance's name."""

import time
from collections.abc import Callable
from typing import TextIO

from commandline import printable

# An instance that never ends its line must not fill the memory.
LONGEST_LINE = 65536


class Log:
    """One emulated platform's log. Nothing that an instance prints is lost, whole lines stay whole."""

    def __init__(self, platform: str, stream: TextIO) -> None:
        self.platform = platform
        self._stream = stream

    def event(self, text: str) -> None:
        """A line for what the emulation did or saw."""
        moment = time.time()
        clock = f"{time.strftime('%H:%M:%S', time.localtime(moment))}.{int(moment % 1 * 1000):03d}"
        line = printable(text).replace("\n", "\\n")
        self._write(f"{clock} {self.platform} {line}\n")

    def output(self, name: str) -> Callable[[bytes], None]:
        """A sink for what an instance prints, in pieces of any size; an empty piece is its end."""
        rest = b""
        prefix = f"{self.platform} {name} | "

        def feed(piece: bytes) -> None:
            nonlocal rest
            *lines, rest = (rest + piece).split(b"\n")
            if rest and (not piece or len(rest) > LONGEST_LINE):
                lines, rest = [*lines, rest], b""
            if lines:
                # The carriage return of a line's end is no character of the line.
                texts = (printable(line.removesuffix(b"\r").decode("utf-8", "replace")) for line in lines)
                self._write("".join(f"{prefix}{text}\n" for text in texts))

        return feed

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
