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
from appfolder.env_file import variables_of
from appfolder.settings import App
from doctor.finding import Finding, last_words, some

SECONDS = 120
# Seconds of CPU. A longer start gets a line; Lambda gives an instance of 512 MB a third of a CPU.
SLOW = 1.5
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def look(app: App, python: Path) -> dict[str, Any] | Finding:
    """The output of look.py about the app, or the error with which it ended; look.py has the names."""
    facts = _looked(app, python)
    if isinstance(facts, Finding) or facts["seconds"] <= SLOW:
        return facts
    # Only the very first import compiles, so its time does not count: a second one is measured.
    again = _looked(app, python)
    return (
        facts
        if isinstance(again, Finding)
        else facts | {name: again[name] for name in ("seconds", "packages")}
    )


def _looked(app: App, python: Path) -> dict[str, Any] | Finding:
    file = variables_of(app.env_file) if app.env_file else {}
    values = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        **file,
        **environment.variables(app.folder, app.spec, file.get("PYTHONPATH", "")),
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
    facts: dict[str, Any] = json.loads(lines[-1])
    printed = last_words("\n".join([*lines[:-1], *errors]))
    if facts["error"].startswith("SystemExit") and printed != "nothing":
        facts["error"] += f", after it printed: {printed}"
    return facts | {"packages": _packages(done.stderr)}


def _packages(trace: str) -> list[str]:
    """The three packages whose imports took most of the time, such as "pandas 40%"."""
    took = Counter[str]()
    for milliseconds, name in _IMPORT.findall(trace):
        took[name.partition(".")[0]] += int(milliseconds)
    return [f"{name} {milliseconds / took.total():.0%}" for name, milliseconds in took.most_common(3)]


def _way_out(error: str) -> str:
    """What to do about an error of the import, if it says so."""
    if lacking := re.search(r"but there is no '\w+' in \S+ \((.+)/(\w+)/__init__\.py\)$", error):
        if Path(lacking[1], f"{lacking[2]}.py").is_file():
            return f"; Python takes that folder before {lacking[2]}.py beside it: rename one of the two"
    elif re.search(r"but there is no '\w+' in .*\.py\)$", error):
        return "; it has to be a name of the module, not of a function or of `if __name__ == ...`"
    if not (missing := re.match(r"ModuleNotFoundError: No module named '([\w.]+)'", error)):
        return ""
    if missing[1] == "pkg_resources":
        return "; name setuptools<82 in its requirements, as later ones have it no more"
    return "; if it is no module of yours, name the package that has it in the app's requirements"


def findings(facts: dict[str, Any]) -> Iterator[Finding]:
    """The findings about the import, without those about variables."""
    if facts["error"]:
        yield Finding("stops", f"it cannot be imported: {facts['error']}{_way_out(facts['error'])}")
    if facts["written"]:
        yield Finding(
            "stops",
            f"its import writes {some(facts['written'])}: Lambda's file system is read-only but for /tmp, and the "
            "others' goes with the instance; write below /tmp, or log to standard output",
        )
    if facts["threads"]:
        yield Finding(
            "differs",
            f"its import starts threads ({some(facts['threads'])}): they stand still between requests on aws and gcp, "
            "where an idle instance has no CPU, and they run in every instance: move lasting work to a job",
        )
    if facts["started"]:
        yield Finding(
            "differs",
            f"its import starts programs ({some(facts['started'])}): every instance does, and the image has to hold "
            "them ([image] packages in app.toml)",
        )
    if facts["connected"]:
        yield Finding(
            "differs",
            f"its import connects to {some(facts['connected'])}: every start waits for that, and fails without it; "
            "connect in the first request that needs it",
        )
    if facts["seconds"] > SLOW:
        limit = platforms.limit("aws", "init_timeout")
        yield Finding(
            "note",
            f"its import takes {facts['seconds']:.1f} s of CPU here ({', '.join(facts['packages'])}), each cold start "
            f"anew; Lambda gives an init {limit:g} s, and a small instance a part of a CPU: see make start",
        )
