"""Checks this machine's clock and this tool's probe, and says how far their figures can be trusted."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from compare import stats
from compare.measure.probe import Probe
from compare.measure.stop import Stop
from compare.targets.request import Filled
from runs.sample import Connection

DELAY_MS = 20.0
# Enough for a 95th percentile.
REQUESTS = 80


@dataclass(frozen=True)
class ProbeError:
    """The probe's time less the server's own time: median and 95th percentile, in milliseconds."""

    connection: Connection
    p50: float
    p95: float


def checked(stop: Stop) -> list[str]:
    """Sentences about clock and probe; fewer if the user stops it."""
    clock = time.get_clock_info("monotonic")
    steps = f"{clock.resolution * 1e9:.0f} ns"
    sentences = [
        f"the clock {'never goes back' if clock.monotonic else 'may go back'}; its steps are {steps}"
    ]
    with known_delay(DELAY_MS) as url:
        errors = [probe_error(url, connection, stop) for connection in ("kept", "fresh")]
    sentences += [
        f"on a server here that takes {DELAY_MS:g} ms, the probe sees {error.p50:.2f} ms more on a {error.connection} "
        f"connection (95th percentile {error.p95:.2f} ms)"
        for error in errors
        if error
    ]
    return sentences


def probe_error(url: str, connection: Connection, stop: Stop) -> ProbeError | None:
    """By how much the probe's time of requests exceeds the server's; None if the user stopped it."""
    request = Filled("GET", url, (), None, 200, ())
    errors: list[float] = []
    with Probe(request, connection, timeout_s=10, stopped=lambda: stop.requested) as probe:
        for number in range(REQUESTS + 1):
            answer = probe.measure()
            if answer is None:
                return None
            if number and answer.times.app is not None:  # the first one opens the connection
                errors.append(answer.times.total - answer.times.app)
    if not errors:
        return None
    return ProbeError(connection, stats.quantile(errors, 0.5), stats.quantile(errors, 0.95))


@contextmanager
def known_delay(delay_ms: float) -> Generator[str]:
    """The URL of a server with that delay, in a process of its own while the context lasts."""
    command = [sys.executable, "-m", "compare.measure.known_delay", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()
