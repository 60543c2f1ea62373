"""A trial's folder into one archive for a bug report: what was done and what was said, redacted."""

import json
import platform
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trial.engine import PROJECT, Pulumi
from trial.journal import Journal
from trial.redact import accounts_in, redacted, redacted_values

NAME = "bundle.zip"
_README = """\
A trial of one stack: what `make trial` did, how long it took, what was wrong, and what each command said.

trial.json    the trial: what was tried, each step with its problems and facts, why it ended
logs/         what Pulumi said, a file for each step
compare/      the report of the short comparison

Secrets, account numbers, e-mail addresses, names of projects and users were replaced by [...]. Look through it before
you attach it to a report: nobody else knows what is private to you.
"""


def write(journal: Journal, known: Mapping[str, str]) -> Path:
    """Write the archive into the trial's folder, whole or not at all; its path. `known`: as `redacted` takes it."""
    place, half = journal.folder / NAME, journal.folder / f"{NAME}.tmp"
    contents = _contents(journal)
    known = {**accounts_in("\n".join(contents.values())), **known}
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(contents.items()):
            archive.writestr(name, _redacted(name, text, known))
    half.replace(place)
    return place


def _redacted(name: str, text: str, known: Mapping[str, str]) -> str:
    """The text of a file; of JSON only the values, so that whoever reads it finds its fields."""
    if not name.endswith(".json"):
        return redacted(text, known)
    return json.dumps(redacted_values(json.loads(text), known), indent=2, ensure_ascii=False)


def _contents(journal: Journal) -> dict[str, str]:
    folder = journal.folder
    files = [*folder.glob("*.log"), *folder.glob("compare/*/report.json")]
    texts = {
        f"logs/{path.name}" if path.suffix == ".log" else str(path.relative_to(folder)): path.read_text(
            encoding="utf-8", errors="replace"
        )
        for path in files
    }
    return {"README.txt": _README, "trial.json": _told(journal), **texts}


def _told(journal: Journal) -> str:
    return json.dumps(journal.records)


def versions(pulumi: Pulumi) -> dict[str, Any]:
    """What runs the trial: the system, Python, Pulumi, and the commit of the project with what was changed since."""
    return {
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "pulumi": pulumi.do("version").text.strip(),
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain")),
    }


def _git(*arguments: str) -> str:
    """What git says of the project; "" without git or outside of a checkout."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False
        )
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.strip()
