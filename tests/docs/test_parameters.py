"""A parameter with a default is there because some call passes another value; a boolean is passed by its name."""

import ast
from collections import defaultdict
from functools import cache

import pytest

from tests.docs.documents import ROOT
from tests.docs.tree import FOLDERS

Function = ast.FunctionDef | ast.AsyncFunctionDef
Calls = dict[str, list[ast.Call]]
SOURCES = ("*.py", *(f"{folder}/**/*.py" for folder in [*FOLDERS, "benchmarks", "examples"]))
# Functions that others call, with an interface of theirs: gunicorn's, awslambdaric's, Python's files and importers.
CALLED_BY_OTHERS = {
    "chunk", "compile_and_record", "readline", "readlines", "sendall", "shutdown",
    "post_invocation_result", "_compile", "_import",
}  # fmt: skip


@cache
def trees(*patterns: str) -> dict[str, ast.Module]:
    """The syntax tree of each file, by its path."""
    paths = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(paths)}


def calls_in(*nodes: ast.AST) -> Calls:
    """The calls below `nodes`, by the name of what they call."""
    found: Calls = defaultdict(list)
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                found[name].append(node)
            case _:
                pass
    return found


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
    tree = ast.parse(source)
    function = next(node for node in ast.walk(tree) if isinstance(node, Function))

    assert never_passed(function, calls_in(tree)["f"]) == unused


def test_every_default_is_overridden_somewhere() -> None:
    """A parameter that nobody passes is a constant in disguise."""
    calls = calls_in(*trees(*SOURCES).values(), *trees("tests/**/*.py").values())
    unused = {
        f"{name}: {function.name}": parameters
        for name, tree in trees(*SOURCES).items()
        for function in ast.walk(tree)
        if isinstance(function, Function) and not is_called_by_others(function)
        if (parameters := never_passed(function, calls[function.name]))
    }

    assert unused == {}


def test_no_boolean_is_passed_by_its_place_alone() -> None:
    """`start(True)` does not say what is true. The linter sees definitions; this sees calls of any function."""
    known = {"get", "getattr", "setattr", "setitem", "setdefault"}  # a value for a key says what it is of
    unclear = [
        f"{name}:{call.lineno}"
        for name, tree in trees(*SOURCES).items()
        for called, calls in calls_in(tree).items()
        if called not in known
        for call in calls
        if any(isinstance(each, ast.Constant) and isinstance(each.value, bool) for each in call.args)
    ]

    assert unclear == []
