"""On a terminal a run shows what is known so far."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compare.conftest import Server

Serve = Callable[..., Server]


def in_terminal(columns: int, *words: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit status and what `python -m compare` writes to a terminal of so many columns."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "compare", *words],
        env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    written = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while read := os.read(terminal, 65536):
            written += read
    os.close(terminal)
    return process.wait(60), written.decode()


@pytest.mark.process
@pytest.mark.parametrize(("columns", "environment"), [(120, {}), (60, {"NO_COLOR": "1"})])
def test_a_terminal_shows_what_is_known_so_far(
    serve: Serve, tmp_path: Path, columns: int, environment: dict[str, str]
) -> None:
    """A table that is drawn anew, with the time left; then the result. No colour where none is wanted."""
    server = serve("--idle", "0.1")

    words = (
        "run",
        f"a={server.url}",
        "--cold-starts",
        "3",
        "--idle",
        "0.3",
        "--rounds",
        "15",
        "--monthly",
        "0",
    )
    status, written = in_terminal(
        columns, *words, "--results", str(tmp_path / "results"), environment=environment
    )

    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert status == 0
    assert re.search(r"\d+ s: cycle [23] of 3, [a-z ]+, about \d+ s left", plain)
    assert "\x1b[1A\x1b[2K" in written
    assert re.search(r"a +too few n=\d", plain) or re.search(r"[\d.]+ ms n=\d", plain)
    assert "where the time goes" in plain
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", written)) is False
