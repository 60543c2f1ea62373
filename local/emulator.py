"""One emulated platform in the background, in its own process, so that it shares no interpreter with the measuring."""

import contextlib
import sys
from subprocess import PIPE, Popen, TimeoutExpired
from types import TracebackType
from typing import Self

from local.doors import HTTP_API, PUBLIC
from local.settings import ROOT, Settings, behaviour

# More than the emulator itself gives the instances to end.
_END_SECONDS = 15


class EmulatorError(RuntimeError):
    """The emulator did not start; the text is what it printed."""


class Emulator:
    """`with Emulator("aws", Settings()) as emulator:` requests go to `emulator.url`; all is stopped at the end.

    Raises SettingsError for settings that the platform does not allow, EmulatorError if it does not start.
    """

    def __init__(self, platform: str, settings: Settings | None = None) -> None:
        self.platform = platform
        self.settings = settings or Settings()
        self.url = ""
        self._process: Popen[str] | None = None

    def __enter__(self) -> Self:
        behaviour(self.platform, self.settings)
        command = [sys.executable, "-m", "local", self.platform, *arguments(self.settings), "--with-parent"]
        # In a session of its own, Ctrl-C reaches only the caller, which leaves the `with` and so ends the emulator.
        self._process = Popen(
            command,
            stdin=PIPE,
            stdout=PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        try:
            self.url = self._ready(self._process)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The emulator's process."""
        assert self._process is not None  # noqa: S101 - within the `with`
        return self._process.pid

    def _ready(self, process: Popen[str]) -> str:
        """The URL, from the line that the emulator prints when it is ready for requests."""
        assert process.stdout is not None  # noqa: S101 - a pipe
        line = process.stdout.readline()
        if not line.startswith("http://"):
            raise EmulatorError(line.strip() or f"the emulator of {self.platform} ended without a word")
        return line.split()[0]

    def _end(self) -> None:
        process = self._process
        assert process is not None  # noqa: S101 - entered
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None  # noqa: S101 - both are pipes
                pipe.close()
        try:
            process.wait(_END_SECONDS)
        except TimeoutExpired:
            # Its reaper then ends the instances.
            process.kill()
            process.wait()


def arguments(settings: Settings) -> list[str]:
    """`settings` as the command line's options."""
    options = {
        "--port": settings.port,
        "--idle": settings.idle_seconds,
        "--min": settings.minimum,
        "--max": settings.maximum,
        "--concurrency": settings.concurrency,
        "--memory": settings.memory,
        "--timeout": settings.timeout,
        "--door": settings.door if settings.door != HTTP_API else None,
        "--access": settings.access if settings.access != PUBLIC else None,
        "--gateway-timeout": settings.gateway_timeout,
        "--stream-rate": settings.stream_rate,
        "--engine": settings.engine,
        "--image": settings.image,
        "--app": settings.app,
        "--app-dir": settings.app_dir or ROOT,
        "--python": settings.python or sys.executable,
        "--health": settings.health,
        "--env-file": settings.env_file.absolute() if settings.env_file else None,
        "--jwt-issuer": settings.jwt_issuer,
        "--jwt-audience": settings.jwt_audience,
        "--log": settings.log.absolute() if settings.log else None,
    }
    words = [f"{option}={value}" for option, value in options.items() if value is not None]
    words += ["--snapstart"] if settings.snapstart else []
    words += [f"--engine-option={option}" for option in settings.engine_options]
    return [*words, *(f"--env={name}={value}" for name, value in settings.environment.items())]
