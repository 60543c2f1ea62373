"""What a simulation draws from: cloud samples of a run where there are any, else published figures that say so."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commandline import UserError
from cost.simulation.timing import measured, published, read, select, triangle
from platforms import starts


def sample(
    platform: str | None = "aws", kind: str = "warm", total: float = 40.0, **changes: Any
) -> dict[str, Any]:
    """A sample as the comparison writes it."""
    return {
        "record": "sample",
        "target": platform or "mine",
        "platform": platform,
        "emulated": False,
        "kind": kind,
        "connection": "fresh",
        "ok": True,
        "ms": {"name": 1, "connect": 9, "tls": 20, "first_byte": total - 1, "total": total, "app": 3.0},
        **changes,
    }


WARM = [sample(total=total) for total in range(30, 50)]
COLD = [sample(kind="cold", total=total) for total in range(300, 320)]


def test_cloud_samples_become_timing_in_seconds() -> None:
    timing = measured(select([*WARM, *COLD]).by_platform["aws"], None)

    assert timing.seen.tolist() == [total / 1000 for total in range(30, 50)]
    assert timing.lasts.tolist() == [0.003] * 20
    assert timing.starts == pytest.approx([total / 1000 - 0.0395 for total in range(300, 320)])
    assert timing.network
    assert timing.basis == "measured at aws: 20 warm answers on fresh connections, 20 cold starts"
    assert timing.starts_supported == pytest.approx(0.025 ** (1 / 20))


def test_failed_and_discarded_samples_and_urls_of_no_platform_are_left_out() -> None:
    noise = [
        sample(total=9999, ok=False),
        sample(total=9999, kind="discarded"),
        sample(total=9999, kind="load"),
        sample(None, total=9999),
        {"record": "run", "format": 1},
        sample(["aws"]),  # pyright: ignore[reportArgumentType]
        {},
    ]

    assert measured(select([*WARM, *noise]).by_platform["aws"], None).seen.max() == 0.049


def test_emulated_samples_never_feed_latencies_and_the_notes_say_so() -> None:
    found = select([sample(emulated=True) for _ in range(20)])

    assert found.by_platform == {}
    assert found.notes == (
        "AWS Lambda was emulated on this machine, which says nothing about the cloud's speed: not used",
    )


def test_a_platform_measured_in_the_cloud_needs_no_note_on_its_emulation() -> None:
    found = select([*WARM, *[sample(emulated=True, target="local:aws") for _ in range(20)]])

    assert found.notes == ()
    assert len(found.by_platform["aws"].warm) == 20


def test_few_cold_starts_leave_the_published_ones_in_place() -> None:
    timing = measured(select([*WARM, *COLD[:5]]).by_platform["aws"], None)

    assert timing.starts.tolist() == published("aws", 0.1).starts.tolist()
    assert "5 cold starts, too few: published starts (INIT of an empty handler" in timing.basis


def test_a_target_with_few_warm_answers_is_not_used() -> None:
    found = select([*WARM[:5], *COLD])

    assert found.by_platform == {}
    assert found.notes == ("aws: fewer than 6 warm answers, so it is not used",)


def test_of_two_targets_of_a_platform_the_one_with_more_cold_starts_counts() -> None:
    other = [sample(target="aws2", total=20.0) for _ in range(10)]

    assert select([*other, *WARM, *COLD]).by_platform["aws"].target == "aws"


def test_the_wanted_connections_count_and_the_others_stand_in() -> None:
    kept = [sample(connection="kept", total=12.0) for _ in range(10)]

    assert select([*WARM, *kept], "kept").by_platform["aws"].warm.tolist() == [0.012] * 10
    assert select([*WARM, *kept], "fresh").by_platform["aws"].warm.max() == 0.049
    assert select(WARM, "kept").by_platform["aws"].connection == "fresh"


def test_a_said_duration_replaces_the_apps_and_shifts_what_is_seen() -> None:
    timing = measured(select([*WARM, *COLD]).by_platform["aws"], 0.703)

    assert set(timing.lasts) == {0.703}
    assert timing.seen == pytest.approx([0.7 + total / 1000 for total in range(30, 50)])


def test_without_the_apps_own_duration_the_whole_answer_is_the_handling() -> None:
    bare = [sample(ms={"total": 40.0, "app": None}) for _ in range(10)]

    assert measured(select(bare).by_platform["aws"], None).lasts.tolist() == [0.04] * 10


def test_published_starts_have_the_published_quantiles() -> None:
    timing = published("aws", 0.1)

    assert np.quantile(timing.starts_billed, [0.5, 0.9]) == pytest.approx([0.162, 0.326], rel=0.01)
    assert timing.starts - timing.starts_billed == pytest.approx(starts.start("aws").unbilled)
    assert timing.starts_supported == 0.99
    assert not timing.network
    assert "lambda-perf" in timing.basis


def test_a_triangle_has_its_mean_and_its_ends() -> None:
    values = triangle(300, 600, 900)

    assert values.mean() == pytest.approx(600, rel=1e-3)
    assert 300 < values.min() < 320
    assert 880 < values.max() < 900
    assert triangle(900, 900, 900).tolist() == [900]
    assert triangle(0, 0, 9).mean() == pytest.approx(3, rel=1e-2)


def test_an_idle_time_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="idle time 9-5-10 s: it is above 0 and ascends, such as 300-600-900"):
        published("aws", 0.1).with_idle(9, 5, 10)


def test_a_run_is_read_from_its_folder_whatever_its_last_line_is(tmp_path: Path) -> None:
    lines = [json.dumps(record) for record in [*WARM, *COLD]]
    (tmp_path / "samples.jsonl").write_text("\n".join([*lines, '{"record": "sam', "[1]"]), encoding="utf-8")

    assert len(read(tmp_path).by_platform["aws"].warm) == 20


def test_damaged_samples_are_left_out_and_counted() -> None:
    damaged = [
        sample(ms=None),
        sample(ms={"total": "40"}),
        sample(ms={"total": None}),
        sample(ms={"total": float("nan")}),
        sample(ms={"total": -1.0}),
        sample(ms={"total": 40.0, "app": "3"}),
        sample(kind="cold", ms={}),
        {name: value for name, value in sample().items() if name != "connection"},
    ]

    found = select([*WARM, *damaged])

    assert len(found.by_platform["aws"].warm) == 20
    assert found.notes == ("8 samples are damaged: not used",)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"is not a saved run: it has no samples.jsonl; runs are the folders in results/"
    ):
        read(tmp_path)
