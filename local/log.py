"""Writes one log: a line with the time for each event, a line with the instance's name for each line that it prints."""

import time
from collections.abc import Callable
from typing import TextIO

from commandline import printable

# The longest line. An instance that never ends its line must not fill the memory.
LONGEST_LINE = 65536


class Log:
    """One emulated platform's log. It loses nothing that an instance prints, and keeps whole lines whole."""

    def __init__(self, platform: str, stream: TextIO) -> None:
        self.platform = platform
        self._stream = stream

    def event(self, text: str) -> None:
        """Write a line for something that the emulation did or saw."""
        moment = time.time()
        clock = f"{time.strftime('%H:%M:%S', time.localtime(moment))}.{int(moment % 1 * 1000):03d}"
        line = printable(text).replace("\n", "\\n")
        self._write(f"{clock} {self.platform} {line}\n")

    def output(self, name: str) -> Callable[[bytes], None]:
        """A function that takes what an instance prints, in pieces of any size; an empty piece is its end."""
        rest = b""
        prefix = f"{self.platform} {name} | "

        def feed(piece: bytes) -> None:
            nonlocal rest
            *lines, rest = (rest + piece).split(b"\n")
            if rest and (not piece or len(rest) > LONGEST_LINE):
                lines, rest = [*lines, rest], b""
            if lines:
                # A carriage return before the end of a line is not part of the line.
                texts = (printable(line.removesuffix(b"\r").decode("utf-8", "replace")) for line in lines)
                self._write("".join(f"{prefix}{text}\n" for text in texts))

        return feed

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
