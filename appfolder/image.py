"""Builds the image of app.toml's app: finds contexts, arguments, the files that stay out, and the id of the result.

`python -m appfolder.image ENGINE NAME [OPTION OF THE ENGINE'S BUILD...]` runs that build with podman or docker.
"""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from appfolder import usual
from appfolder.files import Entry, Listing, content_id, listing
from appfolder.ignore import DEFAULT, Ignore, IgnoreError, line_for
from appfolder.settings import FILE, ROOT, App, read
from usererror import UserError, printable

# Every file in the image gets this time, the first that a zip can hold: two builds then give the same bytes.
EPOCH = "315532800"
# The project's folders that the Dockerfile copies from, and what of them it removes again.
CONTEXTS = ("appfolder", "requirements", "serve")
_MADE_HERE = Ignore("**/__pycache__\nstart/start.index")
DOCKERFILE = ROOT / ".cache" / "image" / "Dockerfile"


@dataclass(frozen=True)
class Build:
    """One build. context: the app's folder. contexts: the others by name. stays_out: what of the first, each by name.

    The builders are given these names, not the lines of a .dockerignore, which they do not read alike.
    """

    context: Path
    contexts: Mapping[str, Path]
    stays_out: Sequence[str]
    arguments: Mapping[str, str]

    def written(self) -> Path:
        """The Dockerfile, beside it what stays out, where BuildKit looks for that: in no folder of the app."""
        DOCKERFILE.write_bytes((ROOT / "Dockerfile").read_bytes())
        ignored = DOCKERFILE.with_name("Dockerfile.dockerignore")
        ignored.write_bytes(os.fsencode("".join(f"{line_for(name)}\n" for name in self.stays_out)))
        return DOCKERFILE


def build(app: App, arguments: Mapping[str, str], machine: str) -> Build:
    """The build of `app` for `machine`, such as linux/amd64; `arguments` outweigh those that follow from the app.

    Raises UserError for a .dockerignore that cannot be read, or that keeps the app itself out.
    """
    # Written later, and in a fresh checkout the first of its folder: it has to be there to be among what stays out.
    DOCKERFILE.parent.mkdir(parents=True, exist_ok=True)
    files = listed(app)
    _check(app, {entry.name for entry in files.goes_in})
    chosen = {**_arguments(app), **arguments}
    build_id = content_id(_parts(files, ROOT), {**chosen, "platform": machine})
    contexts = {name: ROOT / name for name in CONTEXTS}
    return Build(app.folder, contexts, files.stays_out, {**chosen, "BUILD_ID": build_id})


def content_hash(root: Path, arguments: Mapping[str, str]) -> str:
    """The id of an image that is built with `arguments` from another checkout of this project and its own app."""
    return content_id(_parts(listed(replace(read({}), folder=root)), root), arguments)


def _parts(files: Listing, root: Path) -> dict[str, Iterable[Entry]]:
    """All files that decide an image, by the part that they are of."""
    project = {name: listing(root / name, _MADE_HERE).goes_in for name in CONTEXTS}
    return {**project, "app": files.goes_in, "": [Entry("Dockerfile", root / "Dockerfile")]}


def listed(app: App) -> Listing:
    """What of the app's folder goes into the image: as its .dockerignore says, else all but what is usually left out.

    This project stays out too, if it lies in there, and so does the env file. Raises UserError for a line of
    .dockerignore that means nothing.
    """
    file = app.folder / ".dockerignore"
    if file.is_file():
        # As the names of files are read, which need not be UTF-8 either.
        text = os.fsdecode(file.read_bytes())
    else:
        text = DEFAULT + "".join(f"{line_for(folder)}\n" for folder in _environments(app.folder))
    kept_out = [DOCKERFILE.parent] if app.is_own else [ROOT]
    if app.env_file:
        # The env file under any name, and the file that it is a link to.
        kept_out += [app.env_file, app.env_file.resolve()]
    for path in (path for path in kept_out if path.is_relative_to(app.folder)):
        text += f"\n{line_for(path.relative_to(app.folder).as_posix())}\n"
    try:
        return listing(app.folder, Ignore(text))
    except IgnoreError as problem:
        raise UserError(f"{file}: {problem}") from None


def _environments(folder: Path, depth: int = 3) -> Iterable[str]:
    """Virtual environments, under any name, by their path from `folder`."""
    for path in (
        folder.glob("/".join(["*"] * depth + ["pyvenv.cfg"])) if depth > 1 else folder.glob("*/pyvenv.cfg")
    ):
        yield path.parent.relative_to(folder).as_posix()
    if depth > 1:
        yield from _environments(folder, depth - 1)


def _check(app: App, names: set[str]) -> None:
    """Raise UserError if .dockerignore keeps out files that the image needs."""
    top = app.spec.partition(":")[0].partition(".")[0]
    module = top if app.source == "." else f"{app.source}/{top}"
    # It may be a package that the requirements name.
    modules = {each for each in (module, f"{module}.py") if (app.folder / each).exists()}
    # What is installed on this machine is installed in the image, not the next file that is there.
    first = usual(app.folder)
    named = app.requirements or ([first] if first else [])
    for needed in (*([modules] if modules else []), *({name} for name in named)):
        if not needed & names:
            raise UserError(
                f"{app.folder / '.dockerignore'} keeps {' and '.join(sorted(needed))} out of the image; "
                f"admit it by a line such as !{min(needed)}"
            )


def _arguments(app: App) -> dict[str, str]:
    """The Dockerfile's arguments about the app."""
    base = re.search(
        r"^ARG BASE=(\S+?python:([\d.]+)-slim\S*)$",
        (ROOT / "Dockerfile").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    chosen = {
        "APP": app.spec,
        "SOURCE": app.source,
        "HEALTH_PATH": app.health,
        "REQUIREMENTS": " ".join(app.requirements),
        "PACKAGES": " ".join(app.packages),
        "BUILD_PACKAGES": " ".join(app.build_packages),
        "COMMAND": app.command,
        "SOURCE_DATE_EPOCH": EPOCH,
    }
    if base and base[2] != app.python:
        # By its tag: only the usual base is known by its digest here.
        chosen["BASE"] = f"{base[1].partition(':')[0]}:{app.python}-slim"
    return chosen


def command(engine: str, name: str, options: list[str], app: App) -> list[str]:
    """The engine's command line. `options` are its own; what they say of arguments and the platform counts."""
    given = dict(re.findall(r"(?:^|\0)--build-arg[=\0]([^=\0]+)=([^\0]*)", "\0".join(options)))
    machine = re.search(r"(?:^|\0)--platform[=\0]([^\0]+)", "\0".join(options))
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    plan = build(app, given, machine[1] if machine else f"linux/{architecture}")
    file = plan.written()
    words = [engine, "build", "--file", str(file), "--tag", name]
    for key, value in plan.arguments.items():
        words += ["--build-arg", f"{key}={value}"]
    for key, folder in plan.contexts.items():
        words += ["--build-context", f"{key}={folder}"]
    if engine == "podman":
        # buildah up to 1.28 takes a layer from its cache although a build argument changed: the build id would lie.
        words += ["--no-cache", "--timestamp", EPOCH, "--ignorefile", f"{file}.dockerignore"]
    else:
        words += ["--provenance=false"]
    # After the options, which have these arguments already.
    return [*words, *options, str(plan.context)]


def main(words: list[str]) -> int:
    """Build; the engine's exit status, 2 with one line for what the user can put right."""
    engine, name, *options = words
    try:
        line = command(engine, name, options, read(os.environ))
    except UserError as problem:
        print(printable(f"image.sh: {problem}"), file=sys.stderr)
        return problem.status
    status = subprocess.run(line, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, check=False).returncode
    if status == 0:
        build_id = next(word for word in line if word.startswith("BUILD_ID=")).partition("=")[2]
        print(
            f"Built {name}, build id {build_id}, of the app in {FILE}. Size by layer, the newest first:",
            flush=True,
        )
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
