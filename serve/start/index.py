"""An index of the files with the bytecode of all modules that a start imports, and of its compiled regular expressions.

`python -m serve.start.build_index` writes the index when an image is built; a start that finds one neither searches for
those modules nor compiles those patterns. It cannot go stale: code comes from the bytecode files, and an entry counts
only if Python itself would not check its file (PEP 552). The same Python always compiles a pattern to the same code.
For another Python or another sys.path there is no index.
"""

# All of these are there when Python has begun to run a module.
import io
import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, spec_from_file_location

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

FILE = f"{os.path.dirname(__file__)}/start.index"  # noqa: PTH120 - loading pathlib takes longer than all this

# The first of the 16 bytes before the code in a .pyc that is never checked against its source.
UNCHECKED = MAGIC_NUMBER + b"\x01\0\0\0"
_HEADER = 16

# What puts the compilation of regular expressions back as it was.
_undo: "list[Callable[[], None]]" = []


class Finder:
    """A finder for sys.meta_path. `modules`: (source, bytecode, is it a package?) by name."""

    def __init__(self, modules: dict[str, tuple[str, str, bool]], hidden: set[str]) -> None:
        self.modules = modules
        self.hidden = hidden

    def find_spec(self, name: str, _path: "Any" = None, _target: "Any" = None) -> ModuleSpec | None:
        """The spec that a search would give; None if only a search can tell."""
        if name not in self.modules or name.partition(".")[0] in self.hidden:
            return None
        source, bytecode, is_package = self.modules[name]
        try:
            with io.FileIO(bytecode) as file:
                data = file.read()
        except OSError:
            return None
        if not data.startswith(UNCHECKED):
            return None
        loader: Any = SourceFileLoader(name, source)
        loader.get_code = lambda _name: _code_once(loader, data)
        folder = [source.rpartition("/")[0]] if is_package else None
        spec = spec_from_file_location(name, source, loader=loader, submodule_search_locations=folder)
        if spec:
            spec.cached = bytecode
        return spec


def _code_once(loader: "Any", data: bytes) -> "CodeType":
    del loader.get_code
    return marshal.loads(memoryview(data)[_HEADER:])  # noqa: S302 - as import does


def use() -> None:
    """Let imports and regular expressions use the index, if there is one for this Python and this sys.path."""
    try:
        with io.FileIO(FILE) as file:
            python, folders, modules, patterns = marshal.loads(file.read())  # noqa: S302 - part of the image
    except (OSError, EOFError, ValueError, TypeError):
        return
    if python == this_python():
        # A name that is new in an earlier folder may hide a recorded one.
        new = {name for folder, known in folders.items() for name in names_in(folder) - set(known)}
        sys.meta_path.insert(0, Finder(modules, new))
        _know(patterns)


def leave() -> None:
    """Let imports and regular expressions work as usual from now on."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Finder)]
    while _undo:
        _undo.pop()()


def _know(patterns: "dict[Any, Any]") -> None:
    """Have re take the code of these patterns in place of compiling them."""
    import re  # noqa: PLC0415 - by the index

    # The part of re that turns a pattern's text into _sre's code; private, but the same from Python 3.11 to 3.15.
    compiler: Any = getattr(re, "_compiler", None)
    sre, plain = getattr(compiler, "_sre", None), getattr(compiler, "compile", None)
    if not (sre and plain):
        return

    def compile_or_know(pattern: "Any", *flags: int, **named: int) -> "Any":
        is_text = isinstance(pattern, str | bytes)
        known = patterns.get((type(pattern).__name__, pattern, *flags)) if is_text else None
        if not known:
            return plain(pattern, *flags, **named)
        all_flags, code, *groups = known
        return sre.compile(pattern, all_flags, memoryview(code).cast("I").tolist(), *groups)

    def undo() -> None:
        if compiler.compile is compile_or_know:
            compiler.compile = plain

    compiler.compile = compile_or_know
    _undo.append(undo)


def this_python() -> tuple[str, list[str]]:
    """The Python and the sys.path that an index belongs to."""
    return sys.version, sys.path


def names_in(folder: str) -> set[str]:
    """The top-level modules that may be in `folder`."""
    try:
        return {entry.partition(".")[0] for entry in os.listdir(folder)}  # noqa: PTH208 - as above
    except OSError:
        return set()
