"""The engine's machine code: what it depends on, that it is kept as a whole, and that it needs no numba once it is."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cost.simulation import machine

FOLDER = Path(machine.__file__).parent


def imported(name: str) -> set[str]:
    """The modules of the simulation's folder that one of them imports, and those that these import."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cost.simulation"):
            last = (node.module or "").removeprefix("cost.simulation").lstrip(".")
            found |= {last} if last else {alias.name for alias in node.names}
    return found


def test_the_code_depends_on_all_that_the_engine_is_made_of() -> None:
    """If one of these changes, or what they are compiled for (machine.py), they are compiled anew."""
    needed, left = {"machine"}, {"compiler"}
    while left:
        name = left.pop()
        needed.add(name)
        left |= imported(name) - needed

    assert {f"{name}.py" for name in needed} == set(machine.SOURCES)


def test_a_file_that_is_damaged_or_missing_is_not_taken_for_code(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "engine.o"

    assert machine.read(path) is None
    assert machine.kept(path, b"code")
    assert machine.read(path) == b"code"
    assert list(path.parent.iterdir()) == [path]

    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:20], b"", whole + b"x"):
        path.write_bytes(damaged)
        assert machine.read(path) is None


def test_a_folder_that_cannot_be_written_leaves_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    beside, users = machine.files()
    (tmp_path / "file").touch()

    assert beside.parent == FOLDER / "__pycache__"
    assert not machine.kept(tmp_path / "file" / beside.name, b"code")
    assert machine.kept(users, b"code")
    assert users.is_relative_to(tmp_path / "cache")


@pytest.mark.process
@pytest.mark.parametrize(
    ("command", "unused"),
    [
        (("--help",), {"numba", "llvmlite", "numpy", "jinja2", "plotext", "scipy"}),
        (("bill", "--requests", "1000"), {"numba", "jinja2", "plotext", "scipy", "cost.simulation.logs"}),
    ],
    ids=["help", "bill"],
)
def test_a_command_loads_only_what_it_needs(command: tuple[str, ...], unused: set[str]) -> None:
    """Each of these takes a part of the two seconds in which an answer is there."""
    code = (
        "import atexit, sys; from cost.cli import main; sys.argv[0] = 'cost'; "
        f"atexit.register(lambda: print('loaded', *sorted({unused!r} & set(sys.modules)), file=sys.stderr)); main()"
    )

    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)

    assert done.stderr == "loaded\n"
