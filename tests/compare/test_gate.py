"""`compare gate`: its four exit statuses on real servers, and its decisions on runs with known truth."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compare.conftest import Done, Server

Serve = Callable[..., Server]
Compare = Callable[..., Done]
QUICK = ("--rounds", "40", "--quiet")


@pytest.mark.parametrize(
    ("delay", "allowed", "status", "told"),
    [
        (
            "5",
            "100%",
            0,
            r"Gate: new takes [01]\.\d+ times as long as old \[[\d.]+, [\d.]+\] .*: below 2\.00",
        ),
        (
            "30",
            "10%",
            1,
            r"Gate: new takes [2-7]\.\d+ times as long as old \[[\d.]+, [\d.]+\] .*: above 1\.10",
        ),
    ],
)
def test_the_ratio_decides(
    serve: Serve, compare: Compare, delay: str, allowed: str, status: int, told: str
) -> None:
    """Wholly below what is allowed: 0; wholly above: 1. Both targets come from one interleaved run."""
    old, new = serve("--delay", "5"), serve("--delay", delay)

    words = ("--baseline", f"old={old.url}", "--candidate", f"new={new.url}", "--max-slowdown", allowed)
    done = compare("gate", *words, *QUICK)

    assert done.status == status
    assert re.search(told, done.out)
    assert {sample["target"] for sample in done.samples} == {"old", "new"}


def test_too_few_samples_leave_it_undecided(serve: Serve, compare: Compare) -> None:
    """2, and what would help."""
    old, new = serve(), serve()

    words = ("--baseline", f"old={old.url}", "--candidate", f"new={new.url}")
    done = compare("gate", *words, "--rounds", "8", "--quiet")

    assert done.status == 2
    assert (
        "Gate: too few instances or rounds: 8 of 10; more cycles (--cold-starts) or rounds (--rounds)"
        in done.out
    )


@pytest.mark.parametrize(
    "flags", [("--status", "500"), ("--nonsense",), ("--status", "500", "--status-from", "20")]
)
def test_a_candidate_that_fails_is_broken(serve: Serve, compare: Compare, flags: tuple[str, ...]) -> None:
    """3, however fast it fails; how many failures are still whole can be said."""
    old, new = serve(), serve(*flags)
    words = ("--baseline", f"old={old.url}", "--candidate", f"new={new.url}")

    done = compare("gate", *words, *QUICK)

    assert done.status == 3
    assert "Gate: new is broken: " in done.out


def test_a_saved_run_can_be_decided_again(serve: Serve, compare: Compare) -> None:
    """With another limit, on any two of its targets; unknown names are told the known ones."""
    old, new = serve("--delay", "5"), serve("--delay", "30")
    run = compare("run", f"old={old.url}", f"new={new.url}", "--cold", "none", *QUICK).directory
    words = ("gate", "--run", str(run), "--baseline", "old", "--candidate")

    loose, strict = compare(*words, "new", "--max-slowdown", "5000%"), compare(*words, "new")
    unknown = compare(*words, "newer")

    assert (loose.status, strict.status) == (0, 1)
    assert unknown.error == f"compare: {run} has no target 'newer'; it has old, new\n"


def test_what_a_saved_run_has_decided_is_not_asked_again(saved: Path, compare: Compare) -> None:
    """How to measure is refused, not ignored; what to decide may be given."""
    words = (
        "gate",
        "--run",
        str(saved),
        "--baseline",
        "fast",
        "--candidate",
        "slow",
        "--max-failures",
        "100%",
    )

    wrong = compare(*words, "--rounds", "500", "--path", "/x")
    right = compare(*words, "--primary", "p50")

    assert (wrong.status, wrong.error) == (
        2,
        "compare: --run decides on what was measured; leave out --path, --rounds\n",
    )
    assert right.error == ""
    assert right.out.startswith("Gate: slow takes ")


def test_runs_made_apart_are_refused(serve: Serve, compare: Compare, tmp_path: Path) -> None:
    """2, and why: a drift between the runs would be taken for a slowdown."""
    server = serve()
    first = compare("run", f"old={server.url}", "--cold", "none", *QUICK).directory
    second = first.rename(tmp_path / "second")
    third = compare("run", f"new={server.url}", "--cold", "none", *QUICK).directory

    done = compare("gate", "--baseline", str(second), "--candidate", str(third))

    assert done.status == 2
    assert "saved runs made apart also differ by when they were made" in done.error


@pytest.mark.process
def test_emulated_platforms_get_no_verdict(compare: Compare) -> None:
    """Between two clouds that were not measured a gate decides nothing."""
    words = ("--baseline", "local:gcp", "--candidate", "local:apprunner", "--rounds", "6", "--quiet")

    done = compare("gate", *words)

    assert done.status == 2
    assert (
        "Gate: a verdict between emulated platforms would be about clouds that were not measured" in done.out
    )
