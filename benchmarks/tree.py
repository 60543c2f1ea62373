"""A tree of this project's and its peers' files as the image has them: with all bytecode, the start indexed."""

import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "benchmarks"
PACKAGES = (
    *("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker", "regex"),
    *("awslambdaric", "simplejson", "snapshot-restore-py", "gunicorn", "mangum", "typing-extensions"),
    *("apig-wsgi", "serverless-wsgi", "a2wsgi", "asgiref"),
)


def prepare() -> Path:
    """The tree, with bin/python3, lib/ and srv/; made new each time, except Python itself."""
    home = CACHE / f"python-{sysconfig.get_config_var('VERSION')}"
    if not (home / "made").exists():
        _copy_python(home)
    srv = CACHE / "srv"
    shutil.rmtree(srv, ignore_errors=True)
    for folder in ("app", "serve", "benchmarks"):
        shutil.copytree(ROOT / folder, srv / folder, ignore=shutil.ignore_patterns("__pycache__", "*.index"))
    for package in PACKAGES:
        _copy_package(package, srv / "packages")
    _compile(srv)
    index("app:create_app()")
    return srv


def index(app: str) -> None:
    """Write the index of the start as the build of an image of `app` (package.module:callable) does."""
    subprocess.run(
        ["python3", "-m", "serve.start.build_index"],
        env=environment({"APP": app}),
        cwd=CACHE / "srv",
        check=True,
        stdout=subprocess.DEVNULL,
    )


def environment(variables: dict[str, str]) -> dict[str, str]:
    """The image's environment, and `variables`."""
    home = CACHE / f"python-{sysconfig.get_config_var('VERSION')}"
    return {
        "PATH": f"{home / 'bin'}:/usr/bin:/bin",
        "PYTHONHOME": str(home),
        "PYTHONPATH": str(CACHE / "srv" / "packages"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }


def _copy_python(home: Path) -> None:
    """This interpreter with a standard library of its own, because bytecode that is not checked belongs beside it."""
    print("  copying Python's standard library and compiling it (once)", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    library = Path(sysconfig.get_path("stdlib"))
    unused = shutil.ignore_patterns(
        "__pycache__", "test", "tests", "site-packages", "idlelib", "tkinter", "config-*"
    )
    shutil.copytree(library, home / "lib" / library.name, ignore=unused, symlinks=True)
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to(Path(vars(sys)["_base_executable"]).resolve())
    _compile(home)
    (home / "made").touch()


def _copy_package(name: str, target: Path) -> None:
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return
    for file in files:
        if ".." not in file.parts and "__pycache__" not in file.parts:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), target / file)


def _compile(folder: Path) -> None:
    options = ["-q", "-f", "-j2", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [sys.executable, "-m", "compileall", *options, folder], check=True, stdout=subprocess.DEVNULL
    )
