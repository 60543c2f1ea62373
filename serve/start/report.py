"""Shows where the time of the app's start goes: by package, by import, and what is deferred.

`python -m serve.start.report` measures the app that APP names, here and now, as Lambda mode starts it.
"""

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import deferral

STARTS = 5
PACKAGE = str(__package__).partition(".")[0]
STANDARD = "Python's standard library"
# What both doors share, but for a platform's own client: setting up, loading the app, and the end of the start.
START = f"""
from {PACKAGE} import start
start.begin()
import os
from {PACKAGE} import application, loader
try:
    # Python traces an import by this name, but none by importlib.
    __import__((os.environ.get("APP") or loader.DEFAULT).partition(":")[0])
except ImportError:
    pass
import sys
from {PACKAGE}.instance import Identity
from {PACKAGE}.settings import SettingError
try:
    application.create(Identity())
except SettingError as error:
    sys.exit(str(error))
start.finish()
print("in the end:", *sys.modules, file=sys.stderr)
"""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$")


@dataclass
class Import:
    """One module's import: its own time and that of all it brings along, in microseconds."""

    name: str
    own: int
    total: int
    children: "list[Import]" = field(default_factory=list["Import"])

    def walk(self) -> "list[Import]":
        """This import and all below it."""
        return [self, *(each for child in self.children for each in child.walk())]


def main() -> int:
    """Print the report. If the app does not start, print its output and return 1."""
    try:
        fast, plain = zip(*((measured("on"), measured("off")) for _ in range(STARTS)), strict=True)
    except subprocess.CalledProcessError as failed:
        lines = [line for line in failed.stderr.splitlines() if not line.startswith("import time:")]
        print("\n".join(lines), file=sys.stderr)
        return 1
    print(render(os.environ.get("APP") or "app:create_app()", fast, plain))
    return 0


def measured(setting: str) -> list[Import]:
    """The imports that one start in a fresh process asks for, each with the imports below it.

    Imports by preloading are not traced; they come last, without a time.
    """
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", START],
        env={**os.environ, "FAST_START": setting},
        capture_output=True,
        text=True,
        check=True,
    )
    trees = parse(done.stderr)
    known = {each.name for tree in trees for each in tree.walk()}
    [names] = [line.split()[3:] for line in done.stderr.splitlines() if line.startswith("in the end: ")]
    return trees + [Import(name, 0, 0) for name in names if name in deferral.DEFERRED and name not in known]


def parse(text: str) -> list[Import]:
    """The output of `python -X importtime`, in which a module comes after those that it imports, as trees."""
    waiting: dict[int, list[Import]] = {}
    for line in text.splitlines():
        if match := _LINE.match(line):
            depth = len(match[3]) // 2
            module = Import(match[4], int(match[1]), int(match[2]), waiting.pop(depth + 1, []))
            waiting.setdefault(depth, []).append(module)
    return waiting.get(0, [])


def render(app: str, fast: Sequence[list[Import]], plain: Sequence[list[Import]]) -> str:
    """The report as text: medians over the starts."""
    total, without = median_total(fast), median_total(plain)
    # Trees have no median, so the start that took the median time is shown.
    shown = sorted(fast, key=lambda start: sum(tree.total for tree in start))[len(fast) // 2]
    every = [each for tree in shown for each in tree.walk()]
    lines = [
        f"The imports of {app} take {total:.0f} ms, {without:.0f} ms with FAST_START=off.",
        f"Python {sys.version.split()[0]}, median of {STARTS} starts; traced, they take longer than they do alone.",
        "",
        "By package, each module where it was imported first:",
    ]
    packages: dict[str, list[Import]] = {}
    for each in every:
        top = each.name.partition(".")[0]
        packages.setdefault(STANDARD if top in sys.stdlib_module_names else top, []).append(each)
    for name, imports in sorted(packages.items(), key=lambda item: -sum(each.own for each in item[1])):
        own = sum(each.own for each in imports) / 1000
        lines.append(f"  {own:7.1f} ms  {own / total * 100:4.0f} %  {len(imports):4d} modules  {name}")
    lines += ["", "By import, as the start asks for them:"]
    lines += [line for tree in shown for line in branches(tree, 0, total)]
    lines += ["", *deferred({each.name: by for by, each in with_importers(shown)}, plain[0])]
    return "\n".join(lines)


def branches(tree: Import, depth: int, total: float) -> list[str]:
    """An import and those below it, down to 2 % of the whole."""
    if tree.total / 1000 < total * 0.02:
        return []
    line = f"  {tree.total / 1000:7.1f} ms  {'  ' * depth}{tree.name}"
    return [line, *(each for child in tree.children for each in branches(child, depth + 1, total))]


def deferred(loaded: dict[str, str], plain: list[Import]) -> list[str]:
    """A line for each deferred module: its time, or who imported it after all (`loaded`)."""
    own = {each.name: each.total / 1000 for tree in plain for each in tree.walk()}
    lines = ["Deferred, with what it would have taken where it came first:"]
    for name in sorted(deferral.DEFERRED):
        if name in loaded:
            lines.append(f"  {name}: loaded all the same, by {loaded[name]}")
        elif name in own:
            lines.append(f"  {name}: {own[name]:.1f} ms, at its first use (or in the start: PRELOAD={name})")
    return lines


def with_importers(trees: list[Import], by: str = "the app as it is set up") -> "list[tuple[str, Import]]":
    """Each import with the name of the module that asked for it."""
    pairs: list[tuple[str, Import]] = []
    for tree in trees:
        pairs.append((by, tree))
        pairs += with_importers(tree.children, tree.name)
    return pairs


def median_total(starts: Sequence[list[Import]]) -> float:
    """Milliseconds."""
    return statistics.median(sum(tree.total for tree in start) for start in starts) / 1000


if __name__ == "__main__":
    sys.exit(main())
