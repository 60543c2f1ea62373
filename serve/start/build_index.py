"""Starts the app once while an image is built, and writes the index that makes later starts faster (index.py).

`python -m serve.start.build_index [FILE]`; in an image built upon this one run it again, as root, after the last
change.
"""

import importlib
import marshal
import os
import re
import signal
import sys
from array import array
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from . import index

PACKAGE = str(__package__).partition(".")[0]
WITH_THE_APP = (f"{PACKAGE}.gunicorn_app", f"{PACKAGE}.aws_lambda")
# Seconds for the start; an app that takes longer, such as a module that serves itself, is left out of the index.
SECONDS = 120


class _TooLongError(BaseException):
    """The app's import does not end. It is no Exception, so that no `except Exception` of the app hides it."""


def main() -> None:
    """Start the app as both doors do, and write what was imported and compiled on the way; then end at once."""
    file = Path(sys.argv[1] if sys.argv[1:] else index.FILE)
    file.unlink(missing_ok=True)
    traces_as_the_image_says()
    with recorded_patterns() as patterns:
        start()
    modules = dict(unchecked_modules())
    # Version 2 of the format, because later ones depend on how often an object is referred to.
    file.write_bytes(marshal.dumps((index.this_python(), earlier_folders(), modules, patterns), 2))
    print(f"{file.name}: {len(modules)} modules, {len(patterns)} patterns", flush=True)
    # Threads that the app has started would go on, and the app's work at exit does not belong in a build.
    sys.stderr.flush()
    os._exit(0)


def traces_as_the_image_says() -> None:
    """Load the modules for traces if the image has them (OTEL=on); the builder's own variables do not count."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        del os.environ[name]
    if os.environ.get("OTEL") == "on":
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4318"  # nobody is there


def start() -> None:
    """Import what Lambda mode and gunicorn mode import; the app's own modules only if it can be loaded here."""
    importlib.import_module(f"{PACKAGE}.start").begin()
    for module in (
        "gunicorn.app.wsgiapp",
        f"{PACKAGE}.gunicorn_port",
        f"{PACKAGE}.gunicorn_worker",
        f"{PACKAGE}.gunicorn_threads",
        f"{PACKAGE}.lambda_runtime",
    ):
        importlib.import_module(module)
    try:
        with at_most(SECONDS):
            for module in WITH_THE_APP:
                importlib.import_module(module)
    except (Exception, SystemExit, _TooLongError) as error:  # noqa: BLE001 - whatever an app may raise
        # An app may need something that is missing in a build.
        said = " ".join(f"{type(error).__name__}: {error}".split())
        print(
            f"{os.environ.get('APP') or 'The app'} does not start while the image is built ({said}). The image is "
            "whole, but its starts are slower, because they look for the app's modules. If a variable or a service is "
            "missing here, give the app a default that lets it be imported",
            file=sys.stderr,
        )


@contextmanager
def at_most(seconds: int) -> Generator[None]:
    """Raise an error in the main thread if its work takes longer."""

    def end(_number: int, _frame: Any) -> None:
        raise _TooLongError(
            f"it has not ended after {seconds} s; does it serve itself, outside of `if __name__`?"
        )

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def recorded_patterns() -> Generator[dict[Any, Any]]:
    """What each pattern that is compiled meanwhile compiles to, by (type, pattern, flags)."""
    compiler: Any = vars(re)["_compiler"]
    plain, sre = compiler.compile, vars(compiler)["_sre"]
    patterns: dict[Any, Any] = {}

    def compile_and_record(pattern: Any, flags: int = 0) -> Any:
        def record(source: Any, all_flags: int, code: list[int], *groups: Any) -> Any:
            if isinstance(source, str | bytes) and not all_flags & re.LOCALE:
                patterns[type(source).__name__, source, int(flags)] = (
                    int(all_flags),
                    array("I", code).tobytes(),
                    *groups,
                )
            return sre.compile(source, all_flags, code, *groups)

        vars(compiler)["_sre"] = SimpleNamespace(**{**vars(sre), "compile": record})
        return plain(pattern, flags)

    compiler.compile = compile_and_record
    # A start imports by the index what this program had imported before: pathlib, for example.
    for _, pattern, flags in tuple(vars(re)["_cache"]):
        compile_and_record(pattern, flags)
    try:
        yield patterns
    finally:
        compiler.compile = plain
        vars(compiler)["_sre"] = sre


def unchecked_modules() -> Iterator[tuple[str, tuple[str, str, bool]]]:
    """Source, bytecode and whether it is a package, of each loaded module whose bytecode Python does not check."""
    for name, module in tuple(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if (
            spec is None
            or spec.name != name
            or not (spec.origin and spec.cached and Path(spec.cached).exists())
        ):
            continue
        with Path(spec.cached).open("rb") as file:
            data = file.read()
        if data.startswith(index.UNCHECKED):
            yield name, (spec.origin, spec.cached, spec.submodule_search_locations is not None)


def earlier_folders() -> dict[str, list[str]]:
    """The names of modules in each folder of sys.path before the standard library's."""
    library = str(Path(re.__file__).parents[1])
    earlier = takewhile(lambda folder: folder != library, sys.path)
    return {folder: sorted(index.names_in(folder)) for folder in earlier}


if __name__ == "__main__":
    main()
