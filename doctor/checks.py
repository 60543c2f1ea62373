"""The checks: each starts the app for real, and gives findings of one line."""

import contextlib
import http.client
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import platforms
from appfolder import environment
from appfolder.image import listed
from appfolder.settings import App, variables_of
from local import Emulator, EmulatorError, Settings, SettingsError
from usererror import UserError

# The doors, by the emulated platform that opens each.
DOORS = {"aws": "Lambda mode", "gcp": "gunicorn mode"}
_IGNORED = {"__pycache__", ".git", ".venv", "venv", "node_modules"}
_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """One line. kind: "stops" (does not work), "differs" (works, but not as at home), "note"."""

    kind: Literal["stops", "differs", "note"]
    text: str


@dataclass(frozen=True)
class Answer:
    """What the measured request got through one door."""

    status: int
    content_type: str
    body: bytes


def check(app: App) -> Iterator[Finding]:
    """Every finding, as it is found. Raises UserError if the app's requirements cannot be installed."""
    notes = list[str]()
    python = environment.python(app, os.environ, notes.append)
    yield from (Finding("note", note) for note in notes if "(once)" not in note)
    before = _files(app.folder)
    yield from _at_import(app, python)
    with tempfile.TemporaryDirectory() as logs:
        yield from _doors(app, python, Path(logs))
    written = sorted(name for name, stamp in _files(app.folder).items() if before.get(name) != stamp)
    if written:
        yield Finding(
            "stops",
            f"it writes to its folder ({_some(written)}), which no platform lets it: write below /tmp, which "
            "goes with the instance, or to standard output",
        )
    yield from _image(app)


def _at_import(app: App, python: Path) -> Iterator[Finding]:
    """What the app does when it is imported."""
    file = variables_of(app.env_file) if app.env_file else {}
    values = {
        "PATH": os.environ.get("PATH", os.defpath),
        **file,
        **environment.variables(app.folder, app.spec),
    }
    command = [str(python), str(Path(__file__).with_name("look.py")), environment.DOORS_NAME]
    try:
        done = subprocess.run(
            command, cwd=app.folder, env=values, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        yield Finding(
            "stops",
            f"its import has not ended after {_SECONDS} s: does it serve itself, outside `if __name__`?",
        )
        return
    lines = done.stdout.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        yield Finding("stops", f"importing it ended the process with {done.returncode}: {_last(done.stderr)}")
        return
    found: dict[str, Any] = json.loads(lines[-1])
    if found["error"]:
        yield Finding("stops", f"it cannot be imported: {found['error']}")
    if found["threads"]:
        yield Finding(
            "differs",
            f"its import starts threads ({_some(found['threads'])}): they stand still between requests on aws and gcp, "
            "where an instance without one has no CPU, and run in every instance: move what has to go on to a job",
        )
    for name in found["missing"]:
        is_secret = any(
            word in name.upper() for word in ("KEY", "SECRET", "TOKEN", "PASSW", "DSN", "DATABASE_URL")
        )
        remedy = f"--secret --path secretValues.{name}" if is_secret else f"--path environment.{name} VALUE"
        yield Finding(
            "note",
            f"it asked for the variable {name}, which is not set; a stack: pulumi config set {remedy}",
        )


def _doors(app: App, python: Path, logs: Path) -> Iterator[Finding]:
    """The measured request through both doors, and the health check."""
    answers = dict[str, Answer]()
    for platform, door in DOORS.items():
        settings = Settings(
            app=app.spec,
            app_dir=app.folder,
            python=python,
            health=app.health,
            env_file=app.env_file,
            log=logs / platform,
        )
        try:
            with Emulator(platform, settings) as emulator:
                answers[platform] = _ask(app, emulator.url)
                health = _get(f"{emulator.url}{app.health}").status if app.health else 200
        except (EmulatorError, SettingsError) as problem:
            yield Finding("stops", f"{door}: it does not start: {problem}")
            continue
        answer = answers[platform]
        if answer.status != app.request.expect:
            said = _last((logs / platform).read_text(encoding="utf-8", errors="replace"))
            yield Finding(
                "stops",
                f"{door}: {app.request.method} {app.request.path} answers {answer.status}, not {app.request.expect} "
                f"as expected ([request] in app.toml); its log ends: {said}",
            )
        if health != 200:  # noqa: PLR2004 - what every platform asks for
            yield Finding(
                "stops",
                f"{door}: GET {app.health} answers {health}; write a path that answers 200 in app.toml",
            )
    yield from _compared(app, answers)


def _compared(app: App, answers: dict[str, Answer]) -> Iterator[Finding]:
    if (
        len(answers) == len(DOORS)
        and len({(each.status, each.content_type) for each in answers.values()}) > 1
    ):
        said = ", ".join(
            f"{DOORS[name]}: {each.status} {each.content_type}" for name, each in answers.items()
        )
        yield Finding("differs", f"the doors answer {app.request.path} differently ({said})")
    limit = platforms.limit("aws", "response_payload")
    if any(len(each.body) > limit for name, each in answers.items() if name != "aws"):
        size = len(answers["gcp"].body) / 1e6
        yield Finding(
            "stops",
            f"{app.request.path} answers {size:.1f} MB, Lambda carries {limit / 1e6:.1f} MB: send a link, or stream it",
        )
    if not app.health:
        yield Finding(
            "note",
            "no health path: the platforms look at the port alone, and ECS refuses it; write one in app.toml, such as "
            'health = "/"',
        )


def _image(app: App) -> Iterator[Finding]:
    """What goes into an image."""
    names = {entry.name for entry in listed(app).goes_in}
    secrets = sorted(
        name
        for name in names
        if name.rsplit("/", 1)[-1].startswith(".env") or name.endswith((".pem", ".key"))
    )
    if secrets:
        yield Finding("stops", f"its .dockerignore lets {_some(secrets)} into the image: add the names there")


def _ask(app: App, url: str) -> Answer:
    body = app.request.body.encode() or None
    headers = {"Content-Type": "application/json"} if body else {}
    return _get(f"{url}{app.request.path}", app.request.method, body, headers)


def _get(
    url: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request, whose redirects are not followed. Raises UserError if there is no answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_SECONDS)
    try:
        connection.request(
            method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers or {}
        )
        response = connection.getresponse()
        return Answer(response.status, response.headers.get("Content-Type", ""), response.read())
    except (OSError, http.client.HTTPException) as problem:
        raise UserError(f"{url} does not answer: {problem}") from None
    finally:
        connection.close()


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file that the app could write, by its path from the folder."""
    found = dict[str, tuple[int, int]]()
    for root, folders, names in os.walk(folder):
        folders[:] = [
            name for name in folders if name not in _IGNORED and Path(root, name) != environment.ROOT
        ]
        for name in names:
            with contextlib.suppress(OSError):
                stat = os.lstat(Path(root, name))
                found[os.path.relpath(Path(root, name), folder)] = (stat.st_size, stat.st_mtime_ns)
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a few


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing"
