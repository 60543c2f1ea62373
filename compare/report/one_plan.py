"""Finds out whether saved runs are of one plan and the same targets, so that they can be merged."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from commandline import UserError
from runs.file import Run


def why_not(runs: Sequence[Run]) -> str | None:
    """What keeps runs from being merged, None if nothing does: another plan, other targets, the same run twice."""
    first = runs[0]
    for number, run in enumerate(runs):
        for before in runs[:number]:
            if _same(before, run):
                return f"{before.path} and {run.path} are the same run"
        if run.head.against_itself or len(run.head.endpoints) < 2:  # noqa: PLR2004 -- two to compare
            return f"{run.path} compares no two targets"
        if other := _differs(_plan(first), _plan(run)):
            return f"{first.path} and {run.path} have different plans: {other}"
        if other := _differs(_targets(first), _targets(run)):
            return f"{first.path} and {run.path} have different targets: {other}"
    return None


def refuse(runs: Sequence[Run]) -> None:
    """UserError if runs cannot be merged."""
    if len(runs) < 2:  # noqa: PLR2004 -- one is what it is
        raise UserError("--merge takes several runs of one plan; one is given")
    if why := why_not(runs):
        raise UserError(
            f"{why}; give runs of one plan and the same targets, or leave out --merge to see them side by side"
        )


def _same(before: Run, run: Run) -> bool:
    """Whether two folders hold one run: the same folder, or a copy of it."""
    first = [(of.head.started, of.head.plan.seed, of.samples[:1]) for of in (before, run)]
    return before.path.resolve() == run.path.resolve() or first[0] == first[1]


def _plan(run: Run) -> dict[str, Any]:
    return {name: value for name, value in run.head.plan.record().items() if name != "seed"}


def _targets(run: Run) -> dict[str, Any]:
    """What was asked for, by target and setting; the request too, since it also says what was expected."""
    return {
        f"{record['name']} {key}": value
        for record in run.head.targets
        for key, value in record.items()
        if key != "builds"
    }


def _differs(first: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    for name in dict.fromkeys([*first, *other]):
        values = [json.loads(json.dumps(of.get(name))) for of in (first, other)]
        if values[0] != values[1]:
            return f"{name} is {_shown(values[0])} and {_shown(values[1])}"
    return None


def _shown(value: object) -> str:
    return "not given" if value is None else json.dumps(value)
