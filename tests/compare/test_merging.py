"""Runs of one plan at several times and places, reported together: the run is one observation."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from compare.report import merging
from runs.file import Run, read
from runs.plan import Plan
from tests.compare.conftest import Done
from tests.compare.lines import rates
from tests.compare.settings import MERGED, Line
from tests.compare.simulated import of_one_instance
from tests.soak import soak

ROUNDS = 60
NOON = datetime.fromisoformat("2026-11-27T12:00:00+00:00")
Compare = Callable[..., Done]


def saved(
    folder: Path,
    *,
    after_min: float,
    slower: float,
    seed: int,
    place: str | None = None,
    rounds: int = ROUNDS,
) -> Path:
    """A saved run of two URLs, of which `b` takes `slower` times as long, begun so many minutes after noon."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    plan = Plan(cold="none", rounds=rounds, connections=("kept",), seed=seed)
    started = NOON + timedelta(minutes=after_min)
    target = {"what": "https://a.example/", "builds": None, "request": {"method": "GET", "expect": 200}}
    head = {
        "record": "run",
        "format": 1,
        "started": started.isoformat(),
        "command": "python -m compare run",
        "plan": plan.record(),
        "targets": [{**target, "name": name} for name in "ab"],
        "endpoints": [
            {
                "name": name,
                "platform": None,
                "emulated": False,
                "url": "https://a.example/",
                "request": "GET /",
            }
            for name in "ab"
        ],
        "machine": {"machine": "Linux, 2 CPUs"},
        "monthly": 0,
        "against_itself": False,
        "place": place,
    }
    samples = [
        replace(one, platform=None, at_s=float(one.round))
        for name, level in (("a", 0.0), ("b", np.log(slower)))
        for one in of_one_instance(name, 2 + level + random.normal(0, 0.05, rounds))
    ]
    end = {"record": "end", "status": "complete", "at_s": float(rounds)}
    lines = [head, *(one.record() for one in samples), end]
    (folder / "samples.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def runs(folder: Path, *ratios: float, gap_min: float = 60, place: str | None = None) -> list[Run]:
    """Runs with these ratios, one after the other."""
    return [
        read(saved(folder / f"{place}{n}", after_min=n * gap_min, slower=ratio, seed=n, place=place))
        for n, ratio in enumerate(ratios)
    ]


def test_what_every_hour_shows_is_a_verdict_over_all_of_them(tmp_path: Path) -> None:
    """Four runs that agree say more than each: the verdict says over how many, and over how long."""
    primary = next(one for one in merging.merged(runs(tmp_path, 1.3, 1.32, 1.28, 1.31)) if one.primary)

    assert (primary.run, primary.figure) == ("4 runs over 3 h 1 min", "warm, kept connection, p50")
    assert primary.verdict == "slower"
    assert primary.ratio == pytest.approx(1.30, abs=0.03)
    assert 1.2 < (primary.low or 0) < (primary.high or 0) < 1.4


def test_hours_that_disagree_give_no_verdict_though_each_run_alone_would(tmp_path: Path) -> None:
    """Requests by the hundred in each run do not make up for four hours that differ."""
    primary = next(one for one in merging.merged(runs(tmp_path, 1.4, 0.8, 1.5, 0.9)) if one.primary)

    assert primary.verdict == "no difference"
    assert (primary.low or 1) < 0.8
    assert (primary.high or 1) > 1.4


def test_two_times_are_too_few(tmp_path: Path) -> None:
    """How much hours differ is not known from two of them."""
    primary = next(one for one in merging.merged(runs(tmp_path, 1.3, 1.3)) if one.primary)

    assert (primary.verdict, primary.low) == ("too few", None)
    assert primary.words == "b against a: too few times: 2 of 3"


def test_a_run_without_one_of_the_targets_is_named(tmp_path: Path) -> None:
    """A verdict over several runs says which of them it is without, and why."""
    several = runs(tmp_path, 1.3, 1.31, 1.29, 1.3)
    silent = replace(several[1], samples=tuple(one for one in several[1].samples if one.target == "a"))
    short = replace(several[2], samples=several[2].samples[:ROUNDS] + several[2].samples[-4:])

    one, two = (
        next(each for each in merging.merged([several[0], *some, several[3]]) if each.primary)
        for some in ([silent, *several[2:3]], [silent, short])
    )

    assert one.verdict == "slower"
    assert one.words.endswith("]; without None1 (not measured)")
    assert two.words == "b against a: too few times: 2 of 3 (not measured in None1)"


def test_a_report_over_several_runs_speaks_of_their_machines_and_times(
    tmp_path: Path, compare: Compare
) -> None:
    """Not of one machine and one time; and of days as days."""
    folders = [
        saved(tmp_path / f"{n}", after_min=n * 24 * 60, slower=1.3, seed=n, place=place)
        for n, place in ((0, "sydney"), (1, "sydney"), (2, "sydney"), (3, "frankfurt"))
    ]

    report = json.loads(compare("report", *map(str, folders), "--format", "json").out)

    assert report["scope"][0].startswith(
        "4 runs of one plan at 2 places (sydney: 3 runs over 2 days; frankfurt: 1 run"
    )
    assert report["scope"][-1] == merging.SEVERAL


def test_runs_that_follow_each_other_at_once_are_one_time(tmp_path: Path) -> None:
    """Four runs within five minutes saw one hour: splitting a run does not make it worth more."""
    several = runs(tmp_path, 1.3, 1.3, 1.3, 1.3, gap_min=1.5)
    primary = next(one for one in merging.merged(several) if one.primary)

    assert primary.words == "b against a: too few times: 1 of 3"
    assert primary.run == "4 runs at 1 time over 6 min"
    assert any("count as one time" in line for line in merging.described(several))


def test_places_stand_apart_and_a_verdict_over_them_needs_all(tmp_path: Path) -> None:
    """Each place has a verdict of its own; over places it is one only if all agree."""
    near = runs(tmp_path, 1.3, 1.31, 1.29, place="frankfurt")
    far = runs(tmp_path, 1.5, 1.52, 1.49, place="sydney")
    else_ = runs(tmp_path, 1.0, 1.01, 0.99, place="tokyo")

    over, first, second = (one for one in merging.merged([*near, *far]) if one.primary)
    disagree = next(one for one in merging.merged([*near, *else_]) if one.primary)

    assert (over.run, over.figure) == ("2 places", "warm, kept connection, p50")
    assert over.words.startswith("b is slower than a at each of the 2 places (frankfurt: 1.")
    assert [one.verdict for one in (over, first, second)] == ["slower"] * 3
    assert [one.run for one in (first, second)] == [
        f"{place}, 3 runs over 2 h 1 min" for place in ("frankfurt", "sydney")
    ]
    assert disagree.verdict == "no verdict"
    assert disagree.words.startswith("no verdict over places: they do not agree (frankfurt: 1.")


def test_a_place_with_one_run_has_the_verdict_of_that_run(tmp_path: Path) -> None:
    """A matrix of CI runs each place once: the run's own interval, which counts its drift, decides there."""
    each = [runs(tmp_path, 1.5, place=place)[0] for place in ("Linux, 2 CPUs: a", "Linux, 2 CPUs: b")]
    over, *_ = (one for one in merging.merged(each) if one.primary)

    assert over.verdict == "slower"
    assert (over.run, over.figure) == ("2 places", "warm, kept connection, p50")
    assert "at each of the 2 places (Linux, 2 CPUs: a: 1." in over.words


def test_a_place_is_the_machine_if_nobody_named_it(tmp_path: Path) -> None:
    """Runs of an older version have no place in their first line."""
    (run,) = runs(tmp_path, 1.3)

    assert merging.place_of(run) == "Linux, 2 CPUs"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rounds": 80}, "have different plans: rounds is 60 and 80"),
        ({"same": True}, "are the same run"),
        (
            {"target": True},
            'have different targets: b what is "https://a.example/" and "https://other.example/"',
        ),
    ],
)
def test_what_cannot_be_merged_is_refused_in_one_line(
    tmp_path: Path, compare: Compare, change: dict[str, int | bool], why: str
) -> None:
    """Another plan, another target, the same run twice: `--merge` says which; without it runs stand side by side."""
    first = saved(tmp_path / "x" / "run", after_min=0, slower=1.3, seed=1)
    other = saved(
        tmp_path / "y" / "run", after_min=60, slower=1.3, seed=2, rounds=int(change.get("rounds", ROUNDS))
    )
    if "same" in change:
        (other / "samples.jsonl").write_bytes((first / "samples.jsonl").read_bytes())
    if "target" in change:
        lines = (other / "samples.jsonl").read_text().splitlines(keepends=True)
        head = json.loads(lines[0])
        head["targets"][1]["what"] = "https://other.example/"
        (other / "samples.jsonl").write_text(json.dumps(head) + "\n" + "".join(lines[1:]))

    refused = compare("report", str(first), str(other), "--merge")
    beside = compare("report", str(first), str(other))

    assert refused.status == 2
    assert why in refused.error
    assert refused.error.count("\n") == 1
    assert beside.status == 0
    assert "They are not merged" in beside.out


def test_folders_of_one_name_stay_apart(tmp_path: Path, compare: Compare) -> None:
    """Two machines that began in the same second have folders of the same name."""
    folders = [
        saved(tmp_path / place / "run", after_min=n, slower=1.3, seed=n, place=place)
        for n, place in enumerate(("frankfurt", "sydney"))
    ]

    report = json.loads(compare("report", *map(str, folders), "--format", "json").out)

    assert report["runs"] == ["frankfurt run", "sydney run"]
    assert {target["run"] for target in report["targets"]} == {"frankfurt run", "sydney run"}
    assert len([key for key in report["how"] if key.endswith(": when")]) == 2


@pytest.mark.parametrize("runs", [20, *soak(1000)])
@pytest.mark.parametrize("line", MERGED, ids=lambda line: line.name)
def test_runs_at_any_hours_keep_the_rate(line: Line, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one run cannot see, such as the time of day, several do: false verdicts in at most 5 of 100."""
    monkeypatch.setattr("compare.ratios.REPLICATES", 50)
    found = rates(line, runs)

    assert found.false <= found.bound
