"""The checks: each starts the app for real, and gives findings of one line."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from appfolder import environment
from appfolder import image as images
from appfolder.settings import App
from doctor import at_import, contents, doors, snapshots, sources, variables
from doctor.finding import Finding, last_words
from local import Settings
from usererror import UserError

# The name of the image that the doctor builds.
IMAGE = "scale-to-zero:doctor"
_NO_NETWORK = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|TLS handshake"
)


@dataclass(frozen=True)
class Engine:
    """podman or docker: options of its build and of its run, and an image that is there already, else ""."""

    name: str
    build_options: Sequence[str] = ()
    run_options: Sequence[str] = ()
    image: str = ""


def engine_here() -> str:
    """The engine that answers, docker before podman; "" if neither does."""
    for name in ("docker", "podman"):
        if (
            shutil.which(name)
            and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0
        ):
            return name
    return ""


def _silent(_text: str) -> None:
    """Print nothing about slow work."""


def check(app: App, engine: Engine | None = None, say: Callable[[str], None] = _silent) -> Iterator[Finding]:
    """Every finding, as it is found: by processes, and then in a container of the app's image if there is an engine.

    say: called before slow work, with a line about it.
    """
    notes = list[str]()
    try:
        python = environment.python(
            app, os.environ, lambda text: say(text) if text.endswith("(once)") else notes.append(text)
        )
    except UserError as problem:
        yield Finding("stops", str(problem))
        return
    yield from (Finding("note", note) for note in notes)
    # The project's own folder has many other files, which may change meanwhile.
    folder = app.folder / "app" if app.is_own else app.folder
    before = contents.stamps(folder)
    facts = at_import.look(app, python)
    if isinstance(facts, Finding):
        yield facts
        return
    yield from at_import.findings(facts)
    yield from variables.findings(app, facts)
    yield from sources.findings(app, facts)
    said = set[str]()
    if not facts["error"]:
        for finding in _served(app, python):
            said.add(finding.text)
            yield finding
    yield from contents.written(before, contents.stamps(folder), set(facts["written"]))
    yield from contents.findings(app)
    if engine and not facts["error"]:
        for finding in _in_a_container(app, engine, say):
            if finding.text not in said:
                yield replace(finding, text=f"in a container: {finding.text}")


def _served(app: App, python: Path) -> Iterator[Finding]:
    """What processes of both doors show."""
    settings = Settings(
        app=app.spec, app_dir=app.folder, python=python, health=app.health, env_file=app.env_file
    )
    lambda_mode_fails, answered = False, True
    for finding in _asked(app, settings):
        lambda_mode_fails |= finding.text.startswith(doors.DOORS["aws"])
        answered &= finding.kind != "stops"
        yield finding
    yield from doors.health(app, answered=answered)
    if not lambda_mode_fails:
        yield from snapshots.findings(settings)


def _asked(app: App, settings: Settings) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as logs:
        yield from doors.findings(app, settings, Path(logs))


def _in_a_container(app: App, engine: Engine, say: Callable[[str], None]) -> Iterator[Finding]:
    """Check what only the image shows: that it can be built, and runs if only /tmp is writable."""
    name = engine.image or IMAGE
    if not engine.image:
        say(f"Building its image with {engine.name}, which takes a minute or two")
        line = images.command(engine.name, name, list(engine.build_options), app)
        built = subprocess.run(line, capture_output=True, text=True, check=False)
        if built.returncode:
            errors = [text for text in built.stderr.splitlines() if "error:" in text.lower()]
            said = errors[0].strip() if errors else last_words(built.stderr)
            # If a base cannot be fetched here, that is no fault of the app.
            kind = "note" if _NO_NETWORK.search(said) else "stops"
            yield Finding(kind, f"its image cannot be built: {said}")
            return
    settings = Settings(
        app=app.spec,
        app_dir=app.folder,
        health=app.health,
        env_file=app.env_file,
        engine=engine.name,
        engine_options=tuple(engine.run_options),
        image=name,
    )
    yield from _asked(app, settings)
