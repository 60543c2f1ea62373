"""Starts the emulation of a target's platform on this machine, and gives its URL."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import platforms
from appfolder import environment
from appfolder import settings as appfolder
from commandline import UserError, printable
from compare.targets.target import Target
from local import Emulator, EmulatorError, Settings, SettingsError


@contextmanager
def started(target: Target, idle_s: float, logs: Path) -> Generator[str]:
    """The URL of `target`'s platform, emulated on this machine while the context lasts.

    The output of the emulator and of the instances goes to a file in `logs`. UserError if it cannot be started.
    """
    log = logs / f"{target.what}-{target.name.replace(':', '-')}.log"
    # ECS's tasks never end because they are idle.
    idle = idle_s if "idle_timeout" in platforms.limits(target.what) else None
    settings = of_the_app(
        Settings(port=0, idle_seconds=idle, log=log, **dict(target.emulator)), lambda _: None
    )
    try:
        with Emulator(target.what, settings) as emulator:
            yield emulator.url
    except (SettingsError, EmulatorError) as failure:
        raise UserError(f"target {target.name} does not start: {failure}") from failure


def prepare(settings: Settings) -> None:
    """Make what instances with `settings` need, so that nothing is made while others are measured. UserError if not."""
    of_the_app(settings, lambda text: print(printable(text), file=sys.stderr))


def of_the_app(settings: Settings, say: Callable[[str], None]) -> Settings:
    """`settings` with the app of app.toml, unless they name another, in the environment that its requirements make."""
    app = appfolder.read(os.environ, spec=settings.app or "")
    is_process = settings.engine == "process"
    return replace(
        settings,
        app=app.spec if is_process else settings.app,
        app_dir=app.folder,
        python=environment.python(app, os.environ, say) if is_process else None,
        health=app.health,
        env_file=app.env_file,
    )
