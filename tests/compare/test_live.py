"""What a run says while it goes on, on a clock that the test sets."""

import io

from rich.console import Console

from compare.live import Progress


class Clock:
    """Seconds, as the test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def said(clock: Clock, *, duration_s: float | None = None) -> tuple[Progress, io.StringIO]:
    written = io.StringIO()
    console = Console(file=written, width=200)
    return Progress(console, {"a": []}, quiet=False, duration_s=duration_s, clock=clock), written


def test_time_left_is_that_of_cycles_alone() -> None:
    """What it took to start is not taken for a part of each cycle."""
    clock = Clock()
    progress, written = said(clock)

    clock.now += 30
    progress.stage("cycle", 0, 10)
    clock.now += 4
    progress.stage("cycle", 2, 10)
    progress.doing("warm rounds")

    assert written.getvalue() == "34 s: cycle 3 of 10, warm rounds, about 16 s left; requests: a 0\n"


def test_time_left_gets_less_during_a_cycle() -> None:
    """A cycle of a deployed target takes a quarter of an hour: until its end the estimate counts down."""
    clock = Clock()
    progress, written = said(clock)

    progress.stage("cycle", 0, 4)
    for seconds in (960, 1500, 2000):
        clock.now = 100.0 + seconds
        if seconds == 960:
            progress.stage("cycle", 1, 4)
        progress.doing("leaving targets alone")

    assert [line.split(", ")[2].partition(";")[0] for line in written.getvalue().splitlines()] == [
        "about 48 min left",
        "about 39 min left",
        "about 32 min left",
    ]


def test_a_run_without_a_known_end_promises_none() -> None:
    """Until a figure is precise enough nobody knows how many cycles it takes."""
    clock = Clock()
    progress, written = said(clock)

    progress.stage("cycle", 0, None)
    clock.now += 20
    progress.stage("cycle", 4, None)
    progress.doing("warm rounds")

    assert written.getvalue() == "20 s: cycle 5, warm rounds; requests: a 0\n"


def test_a_run_for_so_long_counts_down() -> None:
    """The time that is left of --duration, from the first cycle on."""
    clock = Clock()
    progress, written = said(clock, duration_s=600)

    clock.now += 5
    progress.stage("cycle", 0, None)
    clock.now += 60
    progress.doing("leaving targets alone")

    assert written.getvalue() == "65 s: cycle 1, leaving targets alone, about 9 min left; requests: a 0\n"


def test_a_run_until_a_precision_counts_down_to_an_estimate() -> None:
    """As many cycles as would make the figure precise enough, which is said to be about so many; --duration caps it."""
    clock = Clock()
    progress, written = said(clock)
    capped, capped_written = said(clock, duration_s=30)

    for one in (progress, capped):
        one.stage("cycle", 0, None, about=True)
    clock.now += 20
    for one in (progress, capped):
        one.stage("cycle", 4, 12, about=True)
        one.doing("warm rounds")

    assert written.getvalue() == "20 s: cycle 5 of about 12, warm rounds, about 40 s left; requests: a 0\n"
    assert "cycle 5 of about 12, warm rounds, about 10 s left" in capped_written.getvalue()


def test_load_is_a_stage_of_its_own() -> None:
    """Its slices take another time than the cycles before."""
    clock = Clock()
    progress, written = said(clock)

    progress.stage("cycle", 0, 10)
    clock.now += 50
    progress.stage("cycle", 9, 10)
    clock.now += 5
    progress.stage("slice", 0, 6)
    clock.now += 4
    progress.stage("slice", 2, 6)
    progress.doing("40 requests a second on a")

    assert (
        written.getvalue() == "59 s: slice 3 of 6, 40 requests a second on a, about 8 s left; requests: a 0\n"
    )
