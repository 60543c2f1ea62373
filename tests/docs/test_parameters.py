"""A parameter with a default is there because some call passes another value; a boolean is passed by its name."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

import pytest

from tests.docs.documents import ROOT
from tests.docs.sources import parsed
from tests.docs.tree import FOLDERS

Function = ast.FunctionDef | ast.AsyncFunctionDef
Calls = Mapping[str, list[ast.Call]]
SOURCES = ("*.py", *(f"{folder}/**/*.py" for folder in [*FOLDERS, "benchmarks", "examples"]))
# Functions that others call, with an interface of theirs: gunicorn's, awslambdaric's, Python's files and importers.
CALLED_BY_OTHERS = {
    "chunk", "compile_and_record", "readline", "readlines", "sendall", "shutdown",
    "post_invocation_result", "_compile", "_import",
}  # fmt: skip


@cache
def code(*patterns: str) -> dict[str, tuple[list[Function], Calls]]:
    """The functions of each file and the calls in it, by its path."""
    paths = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return {path.relative_to(ROOT).as_posix(): code_of(parsed(path)) for path in sorted(paths)}


def code_of(tree: ast.Module) -> tuple[list[Function], Calls]:
    """The functions of a module, and its calls by the name of what they call."""
    functions, calls = list[Function](), defaultdict[str, list[ast.Call]](list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                calls[node.func.id].append(node)
            elif isinstance(node.func, ast.Attribute):
                calls[node.func.attr].append(node)
        elif isinstance(node, Function):
            functions.append(node)
    return functions, calls


def never_passed(function: Function, calls: list[ast.Call]) -> list[str]:
    """The parameters with a default that none of `calls` passes."""
    taken = function.args
    names = [each.arg for each in [*taken.posonlyargs, *taken.args]]
    optional = names[len(names) - len(taken.defaults) :] if taken.defaults else []
    optional += [
        each.arg for each, default in zip(taken.kwonlyargs, taken.kw_defaults, strict=True) if default
    ]
    is_method = names[:1] in (["self"], ["cls"])
    places = {name: place - is_method for place, name in enumerate(names)}
    return [
        name for name in optional if not any(passes(call, name, places.get(name, 10**6)) for call in calls)
    ]


def passes(call: ast.Call, name: str, place: int) -> bool:
    """Whether a call passes the parameter `name`, the one at `place`; one that passes unknown ones may."""
    return (
        any(keyword.arg in {name, None} for keyword in call.keywords)
        or len(call.args) > place
        or any(isinstance(each, ast.Starred) for each in call.args)
    )


def is_called_by_others(function: Function) -> bool:
    """Whether the callers of a function are not in the sources: of a command, of a hook, of Python's own names."""
    return (
        function.name in CALLED_BY_OTHERS
        or function.name.startswith("__")
        or any(
            isinstance(each, ast.Call) and "command" in ast.unparse(each) for each in function.decorator_list
        )
    )


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("def f(a, b=1): ...\nf(1)", ["b"]),
        ("def f(a, b=1): ...\nf(1, 2)", []),
        ("def f(*, a=1, b=2): ...\nf(b=3)", ["a"]),
        ("def f(a=1): ...\nf(**options)", []),
        ("class C:\n def f(self, a=1): ...\nC().f(2)", []),
    ],
)
def test_what_counts_as_passed(source: str, unused: list[str]) -> None:
    (function,), calls = code_of(ast.parse(source))

    assert never_passed(function, calls["f"]) == unused


def test_every_default_is_overridden_somewhere() -> None:
    """A parameter that nobody passes is a constant in disguise."""
    sources = code(*SOURCES)
    calls = joined(of_file for _, of_file in sources.values())
    unused = [
        (name, function)
        for name, (functions, _) in sources.items()
        for function in functions
        if not is_called_by_others(function) and never_passed(function, calls[function.name])
    ]
    # Only the tests that name one of these can pass it; reading all would take seconds.
    named = re.compile("|".join(["(?!)", *(rf"\b{function.name}\(" for _, function in unused)]))
    tests = [path for path in ROOT.glob("tests/**/*.py") if named.search(path.read_text("utf-8"))]
    tested = joined([calls, *(code_of(parsed(path))[1] for path in tests)])

    assert {
        f"{name}: {function.name}": parameters
        for name, function in unused
        if (parameters := never_passed(function, tested[function.name]))
    } == {}


def joined(files: Iterable[Calls]) -> defaultdict[str, list[ast.Call]]:
    """The calls of all files."""
    calls = defaultdict[str, list[ast.Call]](list)
    for of_file in files:
        for name, found in of_file.items():
            calls[name] += found
    return calls


def test_no_boolean_is_passed_by_its_place_alone() -> None:
    """`start(True)` does not say what is true. The linter sees definitions; this sees calls of any function."""
    known = {"get", "getattr", "setattr", "setitem", "setdefault"}  # a value for a key says what it is of
    unclear = [
        f"{name}:{call.lineno}"
        for name, (_, of_file) in code(*SOURCES).items()
        for called, calls in of_file.items()
        if called not in known
        for call in calls
        if any(isinstance(each, ast.Constant) and isinstance(each.value, bool) for each in call.args)
    ]

    assert unclear == []
