"""A target of this machine into a running emulation of its platform, and its URL."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import platforms
from commandline import UserError
from compare.targets.target import Target
from local import Emulator, EmulatorError, Settings, SettingsError


@contextmanager
def started(target: Target, idle_s: float, logs: Path) -> Generator[str]:
    """The URL of `target`'s platform, emulated on this machine while the context lasts.

    What the emulator and the instances say goes to a file in `logs`. UserError where it cannot be started.
    """
    log = logs / f"{target.what}-{target.name.replace(':', '-')}.log"
    # ECS's tasks do not go, however long they are idle.
    idle = idle_s if "idle_timeout" in platforms.limits(target.what) else None
    settings = Settings(port=0, idle_seconds=idle, log=log, **dict(target.emulator))
    try:
        with Emulator(target.what, settings) as emulator:
            yield emulator.url
    except (SettingsError, EmulatorError) as failure:
        raise UserError(f"target {target.name} does not start: {failure}") from failure
