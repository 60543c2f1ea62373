"""Checks what an app does when it is imported, because each instance does it anew."""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platforms
from appfolder import environment
from appfolder.settings import App, variables_of
from doctor.finding import Finding, last_words, some

SECONDS = 120
# Seconds of CPU. A longer start gets a line; Lambda gives an instance of 512 MB a third of a CPU.
SLOW = 1.5
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def look(app: App, python: Path) -> dict[str, Any] | Finding:
    """The output of look.py about the app, or the error with which it ended; look.py has the names."""
    found = _looked(app, python)
    if isinstance(found, Finding) or found["seconds"] <= SLOW:
        return found
    # Only the very first import compiles, so its time does not count: a second one is measured.
    again = _looked(app, python)
    return (
        found
        if isinstance(again, Finding)
        else found | {name: again[name] for name in ("seconds", "packages")}
    )


def _looked(app: App, python: Path) -> dict[str, Any] | Finding:
    file = variables_of(app.env_file) if app.env_file else {}
    values = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        **file,
        **environment.variables(app.folder, app.spec),
    }
    script = Path(__file__).with_name("look.py")
    command = [python, "-X", "importtime", script, environment.DOORS_NAME]
    try:
        done = subprocess.run(
            command, cwd=app.folder, env=values, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return Finding(
            "stops",
            f"its import has not ended after {SECONDS} s: does it serve itself, outside `if __name__`?",
        )
    errors = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    lines = done.stdout.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        said = last_words("\n".join(errors) or done.stdout)
        return Finding("stops", f"importing it ended the process with {done.returncode}: {said}")
    found: dict[str, Any] = json.loads(lines[-1])
    printed = last_words("\n".join([*lines[:-1], *errors]))
    if found["error"].startswith("SystemExit") and printed != "nothing":
        found["error"] += f", after it printed: {printed}"
    return found | {"packages": _packages(done.stderr)}


def _packages(trace: str) -> list[str]:
    """The three packages whose imports took most of the time, such as "pandas 40%"."""
    took = Counter[str]()
    for own, name in _IMPORT.findall(trace):
        took[name.partition(".")[0]] += int(own)
    return [f"{name} {own / took.total():.0%}" for name, own in took.most_common(3)]


def findings(found: dict[str, Any]) -> Iterator[Finding]:
    """The findings about the import, without those about variables."""
    if found["error"]:
        yield Finding("stops", f"it cannot be imported: {found['error']}")
    if found["written"]:
        yield Finding(
            "stops",
            f"its import writes {some(found['written'])}: Lambda's file system is read-only but for /tmp, and the "
            "others' goes with the instance; write below /tmp, or log to standard output",
        )
    if found["threads"]:
        yield Finding(
            "differs",
            f"its import starts threads ({some(found['threads'])}): they stand still between requests on aws and gcp, "
            "where an idle instance has no CPU, and they run in every instance: move lasting work to a job",
        )
    if found["started"]:
        yield Finding(
            "differs",
            f"its import starts programs ({some(found['started'])}): every instance does, and the image has to hold "
            "them ([image] packages in app.toml)",
        )
    if found["connected"]:
        yield Finding(
            "differs",
            f"its import connects to {some(found['connected'])}: every start waits for that, and fails without it; "
            "connect in the first request that needs it",
        )
    if found["seconds"] > SLOW:
        limit = platforms.limit("aws", "init_timeout")
        yield Finding(
            "note",
            f"its import takes {found['seconds']:.1f} s of CPU here ({', '.join(found['packages'])}), each cold start "
            f"anew; Lambda gives an init {limit:g} s, and a small instance a part of a CPU: see make start",
        )
