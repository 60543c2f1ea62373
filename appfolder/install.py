"""Makes an environment with an app's requirements and the doors': first the app's as they are, then the doors' others.

`python -m appfolder.install FOLDER ENVIRONMENT [--requirements FILE]... [--doors LOCK]... [--uv FILE]`; the build of an
image runs it too, with --no-compile, where there is nothing but Python and its pip.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pip
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

from appfolder import failures
from appfolder.failures import IN_AN_IMAGE, OTHER_PYTHON, THIS, InstallError, OtherPythonError
from appfolder.requirements import find, identity, of_another_tool, python_versions, workspace_lock
from appfolder.requirements.markers import RequirementsError, allows

PIP = ("--no-input", "--disable-pip-version-check", "--root-user-action=ignore")
# What serves the app. Nearly every repository pins a gunicorn that its code never imports.
SERVERS = ("gunicorn", "mangum", "awslambdaric")


def install(
    folder: Path,
    environment: Path,
    named: Iterable[str],
    doors: Sequence[Path],
    uv: Path | None = None,
    *,
    bytecode: bool = True,
) -> list[str]:
    """Make `environment` (a folder that is no environment yet); sentences about what is not as the app asks.

    named: the app's files of requirements, none for the usual ones. doors: locks of what is needed besides. uv: that
    program, None for pip alone. bytecode: whether packages are compiled, as in an image: a first start that compiles
    would be a slow one. Raises InstallError, RequirementsError.
    """
    requirements = find(folder, named)
    if (wanted := python_versions(folder)) and not allows(wanted, THIS):
        raise OtherPythonError(f"pyproject.toml asks for Python {wanted}, and this is {THIS}")
    venv.EnvBuilder(clear=True, symlinks=True).create(environment)
    words = [word for name in requirements.files for word in ("-r", name)]
    with _as_file(requirements.lines) as file:
        words += ["-r", file.name] if requirements.lines else []
        if words:
            _install(environment, folder, words, " and ".join(requirements.names), uv, bytecode=bytecode)
    declare(folder, environment)
    theirs = installed(environment)
    missing, notes = _doors(doors, theirs, folder)
    with _as_file(missing) as file:
        if missing:
            words = ["--require-hashes", "--no-deps", "-r", file.name]
            _install(environment, folder, words, "the doors' packages", uv, bytecode=bytecode)
    _agree(environment, theirs)
    return [*notes, *_unread(folder, requirements.names)]


def _unread(folder: Path, names: Sequence[str]) -> list[str]:
    """A sentence about a lock that holds at home and not here: another tool's, or one outside of the folder."""
    if tuple(names) != ("pyproject.toml",):
        return []
    other, lock = of_another_tool(folder), workspace_lock(folder)
    if other and "lock" in other[0]:
        return [f"{other[0]} is not read, so its pins do not hold here; to hold them, type there {other[1]}"]
    if lock is None:
        return []
    return [
        (
            f"{lock} is outside of the folder, so its pins do not hold here; write them into the folder: "
            "uv export --frozen --no-dev --no-emit-project --output-file requirements.txt"
        )
    ]


def declare(folder: Path, environment: Path) -> None:
    """Let importlib.metadata find the app itself, as if it were installed: some apps ask for their own version.

    Its code stays where it is. A version that only a build would know is 0.
    """
    project = identity(folder)
    if project.name and canonicalize_name(project.name) not in installed(environment):
        name = re.sub(r"[-_.]+", "_", project.name).lower()
        info = _site(environment) / f"{name}-{project.version or 0}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project.name}\nVersion: {project.version or 0}\n",
            encoding="utf-8",
        )
        groups = "\n".join(
            "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in points.items())])
            for group, points in project.entry_points.items()
        )
        (info / "entry_points.txt").write_text(f"{groups}\n", encoding="utf-8")
        (info / "INSTALLER").write_text("appfolder\n", encoding="utf-8")


def _install(
    environment: Path, folder: Path, words: list[str], what: str, uv: Path | None, *, bytecode: bool
) -> None:
    """By uv, which takes a tenth of the time, if there is one; by pip if there is none, or if uv cannot.

    pip has the last word, because the settings of this machine, such as an index of one's own, may be pip's alone.
    """
    python = str(environment / "bin" / "python")
    if uv:
        compiling = ["--compile-bytecode"] if bytecode else []
        command = [str(uv), "pip", "install", "--quiet", *compiling, "--python", python, *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        if error := failures.final(what, done.stderr):
            raise error
    compiling = [] if bytecode else ["--no-compile"]
    command = [*_pip(python), "install", *PIP, *compiling, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise failures.of_pip(what, done.stdout, done.stderr)


def _pip(python: str) -> list[str]:
    """This interpreter's pip, on the environment of another.

    `pip --python` does nothing but start this file of pip's with the other interpreter, and loads all of pip for it.
    """
    runner = Path(pip.__path__[0], "__pip-runner__.py")
    return [python, str(runner)] if runner.is_file() else [sys.executable, "-m", "pip", "--python", python]


def _as_file(lines: Iterable[str]) -> Any:
    file = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")  # noqa: SIM115 - the caller's `with` ends it
    file.write("".join(f"{line}\n" for line in lines))
    file.flush()
    return file


def installed(environment: Path) -> dict[str, str]:
    """The version of each package in an environment."""
    return {
        canonicalize_name(distribution.metadata["Name"]): distribution.version
        for distribution in distributions(path=[str(_site(environment))])
    }


def _site(environment: Path) -> Path:
    return next(environment.glob("lib/python3*/site-packages"))


def _doors(locks: Sequence[Path], theirs: Mapping[str, str], folder: Path) -> tuple[list[str], list[str]]:
    """The packages of the doors' locks that are still to be installed, and sentences about them."""
    lines, notes = list[str](), list[str]()
    for entry in (entry for lock in locks for entry in _entries(lock)):
        name, version = re.split("==| ", entry)[:2]
        if name not in SERVERS:
            lines += [entry] if name not in theirs else []
        elif theirs.get(name) != version:
            lines.append(entry)
            if name not in theirs:
                continue
            if imports(folder, name):
                raise InstallError(
                    f"your app imports {name}, its requirements give it {theirs[name]}, and the doors need {version}; "
                    f"let your requirements allow {name}=={version}, or remove the import"
                )
            notes.append(
                f"{name} {version} serves the app; its requirements name {theirs[name]}, which it does not import"
            )
    return lines, notes


def _entries(lock: Path) -> list[str]:
    """The packages of a hashed lock that are for this machine, one a line."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [line for line in entries if "sys_platform == 'linux'" not in line or sys.platform == "linux"]


def imports(folder: Path, module: str) -> bool:
    """Whether a Python file in `folder` imports `module`; environments and this project in it do not count."""
    statement = re.compile(rf"^\s*(?:import|from)\s+{module}\b", re.MULTILINE)
    return any(
        statement.search(path.read_text(encoding="utf-8", errors="replace")) for path in sources(folder)
    )


def sources(folder: Path) -> Iterable[Path]:
    """The app's own Python files: no environments, no hidden folders, and not this project if it lies in there."""
    root = Path(__file__).parents[1]
    for path in sorted(folder.iterdir()):
        is_other = path.name.startswith(".") or path.name in {"node_modules", "__pycache__", "tests", "test"}
        if path.suffix == ".py" and path.name != "gunicorn.conf.py" and path.is_file():
            yield path
        elif (
            path.is_dir()
            and not path.is_symlink()
            and not is_other
            and not (path / "pyvenv.cfg").exists()
            and path != root
        ):
            yield from sources(path)


def _agree(environment: Path, theirs: Mapping[str, str]) -> None:
    """Raise InstallError if what the doors need and what the app asks for exclude each other."""
    now = installed(environment)
    ours = {name for name, version in now.items() if theirs.get(name) != version}
    for distribution in distributions(path=[str(_site(environment))]):
        name = canonicalize_name(distribution.metadata["Name"])
        for need in map(Requirement, distribution.requires or ()):
            wanted = canonicalize_name(need.name)
            if not {name, wanted} & ours or (need.marker and not need.marker.evaluate({"extra": ""})):
                continue
            if wanted not in now or not need.specifier.contains(now[wanted], prereleases=True):
                there = f"{wanted} {now[wanted]}" if wanted in now else f"no {wanted}"
                raise InstallError(
                    f"two sides exclude each other: {name} {distribution.version} needs {need.name}{need.specifier}, "
                    f"and there is {there}; let the app's requirements allow {need.name}{need.specifier}"
                )


def main() -> int:
    """Install as the command line says; 1 with one line if that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m appfolder.install")
    parser.add_argument("folder", type=Path)
    parser.add_argument("environment", type=Path)
    parser.add_argument("--requirements", action="append", default=[])
    parser.add_argument("--doors", action="append", default=[], type=Path)
    parser.add_argument("--uv", type=Path)
    parser.add_argument("--no-compile", action="store_true")
    words = parser.parse_args()
    try:
        for note in install(
            words.folder,
            words.environment,
            words.requirements,
            words.doors,
            words.uv,
            bytecode=not words.no_compile,
        ):
            print(note)
    except InstallError as problem:
        print(f"error: {problem}", file=sys.stderr)
        if problem.status == OTHER_PYTHON:
            print(
                f"{IN_AN_IMAGE} in app.toml, under [image], the line python chooses another", file=sys.stderr
            )
        return problem.status
    except RequirementsError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        reason = problem.strerror or problem
        print(f"error: cannot make an environment in {words.environment}: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
