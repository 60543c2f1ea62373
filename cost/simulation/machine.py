"""Calls the engine's machine code, which lies on disk: loading it takes a moment, and loading numba a second.

`advance`, `advance_tasks` and `finish` are those of engine.py. Their code is kept as one object file beside this file,
or in the user's cache if this folder cannot be written, and is compiled if no such file has what it should be made of.
If neither can be written, each process compiles it.
"""

import ctypes
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from cost.simulation.rule import Rule
from cost.simulation.state import Floats, Ints

HERE = Path(__file__).parent
SOURCES = (
    "rule.py",
    "state.py",
    "compiled.py",
    "sharing.py",
    "wanted.py",
    "engine.py",
    "machine.py",
    "compiler.py",
)
ARRAY = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_ssize_t] * 2, ctypes.c_void_p, *[ctypes.c_ssize_t] * 2]
"""How numba passes an array of one dimension: owner, parent, items, bytes of an item, first item, shape, strides."""
KINDS = {int: ctypes.c_int64, float: ctypes.c_double, bool: ctypes.c_bool}
RULE = [KINDS[kind] for kind in get_type_hints(Rule).values()]
"""The fields of a Rule."""
ARGUMENTS = {
    "advance": [*ARRAY, *RULE, *ARRAY],
    "advance_tasks": [*ARRAY, *RULE, *ARRAY, *ARRAY, ctypes.c_double, ctypes.c_double],
    "finish": [*ARRAY, *RULE, ctypes.c_double],
}
DIGEST_BYTES = 32
_LOADING = threading.Lock()
"""Neither LLVM nor numba is made for two threads; the code itself is, and runs without Python's lock."""


def advance(states: Any, rule: Rule, arrivals: Floats) -> None:
    """See engine.py."""
    times = np.ascontiguousarray(arrivals, np.float64)
    _call("advance", *_array(states), *rule, *_array(times))


def advance_tasks(
    states: Any, rule: Rule, arrivals: Floats, tasks: Ints, begin: float, length: float
) -> None:
    """See engine.py."""
    times, counts = np.ascontiguousarray(arrivals, np.float64), np.ascontiguousarray(tasks, np.int64)
    _call("advance_tasks", *_array(states), *rule, *_array(times), *_array(counts), begin, length)


def finish(states: Any, rule: Rule, end: float) -> None:
    """See engine.py."""
    _call("finish", *_array(states), *rule, end)


def target() -> llvm.TargetMachine:
    """This machine, as code is made for it and loaded on it."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    native = llvm.Target.from_triple(llvm.get_process_triple())
    model = "static" if native.name.startswith("x86") else "default"
    return native.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=_features(),
        opt=3,
        reloc=model,
        codemodel="jitdefault",
        jit=True,
    )


def digest() -> str:
    """What the code depends on: the sources, LLVM and the processor."""
    parts = [(HERE / name).read_bytes() for name in SOURCES]
    made_for = (llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name(), _features())
    return hashlib.sha256(b"\0".join([*parts, repr(made_for).encode()])).hexdigest()


def files() -> list[Path]:
    """Where the object file may be, the best place first."""
    name = f"engine-{digest()[:32]}.o"
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return [HERE / "__pycache__" / name, Path(user) / "scale-to-zero" / name]


def _array(values: Any) -> tuple[Any, ...]:
    return None, None, values.size, values.itemsize, values.ctypes.data, values.size, values.itemsize


def _call(name: str, *arguments: Any) -> None:
    result, error = ctypes.c_void_p(), ctypes.c_void_p()
    if _function(name)(ctypes.byref(result), ctypes.byref(error), *arguments):
        raise RuntimeError(f"{name} of the simulation's engine failed")


@cache
def _function(name: str) -> Callable[..., int]:
    """An entry point: it has a place for the result, another for an error, and then its arguments."""
    kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *ARGUMENTS[name])
    with _LOADING:
        return kind(_linked().get_function_address(name))


@cache
def _linked() -> llvm.ExecutionEngine:
    """The code in memory, which is there for as long as this is."""
    machine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target())
    machine.add_object_file(llvm.ObjectFileRef.from_data(_code()))
    machine.finalize_object()
    return machine


def _code() -> bytes:
    """The object file's content, from disk or compiled and kept."""
    for path in files():
        if code := read(path):
            return code
    if sys.stderr.isatty():
        print("compiling the simulation, once", file=sys.stderr)
    from cost.simulation import compiler  # noqa: PLC0415 -- numba takes a second to load

    code = compiler.compiled(target())
    for path in files():
        if kept(path, code):
            break
    return code


def read(path: Path) -> bytes | None:
    """A whole file's code; None if there is none, or if it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    code = content[DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == content[:DIGEST_BYTES] else None


def kept(path: Path, code: bytes) -> bool:
    """Whether the code could be written, as a whole: others may read or write it at the same time."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(hashlib.sha256(code).digest() + code)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _features() -> str:
    """What the processor can do, as LLVM writes it; "" if it cannot tell."""
    try:
        return llvm.get_host_cpu_features().flatten()
    except RuntimeError:
        return ""
