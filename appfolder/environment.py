"""The app on this machine: an interpreter that has its requirements and the doors', and the variables that start it."""

import contextlib
import fcntl
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

from appfolder import interpreter
from appfolder.settings import ROOT, App
from usererror import UserError

CACHE = ROOT / ".cache"
DOORS = ROOT / "requirements" / "doors.txt"
# As in the Dockerfile: no app has a module of this name.
DOORS_NAME = "_scale_to_zero"
_STAMP = "made"
# In a file of requirements: another one.
_REFERENCE = re.compile(rb"(?m)^\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")
# As appfolder.install ends if another Python may do it.
_OTHER_PYTHON = 3


def python(app: App, environment: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """An interpreter with what the app and the doors import: APP_PYTHON, else one in .cache/, made if need be.

    `say` is called before slow work, and if something is not as the app asks. Raises UserError if there is none.
    """
    if given := environment.get("APP_PYTHON"):
        path = shutil.which(given)
        if path is None:
            raise UserError(
                f"APP_PYTHON is {given!r}, which is no program; it is a Python that has what your app imports"
            )
        return Path(path).absolute()
    from appfolder.requirements import find  # noqa: PLC0415 - pip's libraries take a moment to load
    from appfolder.requirements.markers import RequirementsError  # noqa: PLC0415 - as above

    try:
        names = find(app.folder, app.requirements).names
    except RequirementsError as problem:
        raise UserError(str(problem)) from None
    folder = CACHE / "apps" / _key(app.folder.as_posix())
    wanted = _key(sys.version, app.python, DOORS.read_bytes(), *_contents(app, names))
    with _locked(folder):
        stamp = folder / _STAMP
        if not stamp.is_file() or stamp.read_text(encoding="utf-8").partition("\n")[0] != wanted:
            say(f"Setting up an environment for {app.folder.name or app.folder} (once)")
            notes = _make(app, folder)
            stamp.write_text("\n".join([wanted, *notes]), encoding="utf-8")
        for note in stamp.read_text(encoding="utf-8").splitlines()[1:]:
            say(note)
    return folder / "bin" / "python"


def _make(app: App, folder: Path) -> list[str]:
    """Make the environment by this Python, or by another of this machine if the app needs one; what is to be said.

    Raises UserError.
    """
    here = ".".join(map(str, sys.version_info[:2]))
    asked = interpreter.version_file(app.folder)
    by_name = () if asked in {"", here} else interpreter.of_version(asked)
    this = interpreter.Found(Path(sys.executable), here)
    refused = ""
    for candidate in itertools.chain(by_name, [this], interpreter.others(app.python)):
        done = _installed(candidate.path, app, folder)
        if done.returncode == 0:
            notes = done.stdout.splitlines()
            return (
                notes
                if candidate is this
                else [f"Python {candidate.version} runs the app, as it asks for it", *notes]
            )
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        said = errors[0].removeprefix("error: ") if errors else done.stderr
        if done.returncode != _OTHER_PYTHON:
            raise UserError(said)
        refused = refused or said
    raise UserError(
        f"{refused}; install one that fits, or name it by APP_PYTHON=/path/to/python if it has all that the app imports"
    )


def _installed(python: Path, app: App, folder: Path) -> "subprocess.CompletedProcess[str]":
    words = [python, "-m", "appfolder.install", app.folder, folder, "--doors", DOORS]
    words += [word for name in app.requirements for word in ("--requirements", name)]
    uv = Path(sys.executable).with_name("uv")
    words += ["--uv", uv] if uv.exists() else []
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def variables(folder: Path, spec: str, python_path: str = "") -> dict[str, str]:
    """The variables that let the entrypoint start the app in its folder; it imports only the doors of this project.

    python_path: a PYTHONPATH of the app's own. Its folders come after the app's and before packages, as at home.
    """
    source = folder / App(folder, spec).source
    folders = dict.fromkeys([str(source), str(folder), *filter(None, [python_path]), str(doors().parent)])
    return {"APP": spec, "APP_DIR": str(folder), "PYTHONPATH": os.pathsep.join(folders)}


def doors() -> Path:
    """The package serve/ under the name that it has beside an app, in a folder that has nothing else."""
    link = CACHE / "doors" / DOORS_NAME
    if not (link.is_symlink() and link.readlink() == ROOT / "serve"):
        # None yet, or of this project where it was before it was moved.
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f"{link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(ROOT / "serve")
        fresh.rename(link)
    return link


def _contents(app: App, names: tuple[str, ...]) -> Iterator[bytes]:
    """All that decides the environment: the named files, files that they refer to, and those that name a Python."""
    further = ("pyproject.toml", ".python-version", "runtime.txt")
    waiting, read = [app.folder / name for name in (*further, *names)], dict[Path, bytes]()
    while waiting:
        file = Path(os.path.normpath(waiting.pop()))
        if file.is_file() and file not in read:
            read[file] = file.read_bytes()
            if file.suffix in {".txt", ".in"}:
                waiting += [file.parent / os.fsdecode(name) for name in _REFERENCE.findall(read[file])]
    for file, content in sorted(read.items()):
        yield os.path.relpath(file, app.folder).encode()
        yield content


def _key(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    """A lock, so that only one process at a time makes an environment."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
