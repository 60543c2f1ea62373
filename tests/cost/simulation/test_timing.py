"""What a simulation draws from: cloud samples of a run where there are any, else published figures that say so."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commandline import UserError
from cost.simulation.timing import measured, published, read, select, triangle
from platforms import starts
from runs.file import FORMAT, SAMPLES
from runs.plan import Plan
from runs.sample import Sample


def sample(platform: str | None = "aws", kind: str = "warm", total: float = 40.0, **changes: Any) -> Sample:
    """A sample as the comparison saves it; `app` is what the app says it took, ms."""
    ms = {"name": 1, "connect": 9, "tls": 20, "first_byte": total - 1, "total": total}
    record: dict[str, Any] = {
        "target": platform or "mine",
        "platform": platform,
        "emulated": False,
        "kind": kind,
        "connection": "fresh",
        "how": None,
        "why": None,
        "cycle": 0,
        "round": 0,
        "at_s": 1.0,
        "late_ms": None,
        "status": 200,
        "ok": True,
        "error": None,
        "body_sha256": None,
        "bytes": 33,
        "instance": None,
        "request_number": None,
        "instance_age_ms": None,
        "build": None,
        **changes,
    }
    return Sample.from_record({**record, "ms": {**ms, "app": record.pop("app", 3.0)}})


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
    bare = [sample(app=None) for _ in range(10)]

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


def saved(directory: Path, *, file_format: int = FORMAT, more: Sequence[str] = ()) -> None:
    """A run's file in `directory`: its head, WARM and COLD, and then `more` lines as they are."""
    head: dict[str, Any] = {
        "record": "run",
        "format": file_format,
        "started": "2026-11-01T10:00:00+00:00",
        "command": "compare run aws",
        "machine": {},
        "plan": Plan().record(),
        "endpoints": [
            {"name": "aws", "platform": "aws", "emulated": False, "url": "https://a.test", "request": {}}
        ],
    }
    lines = [json.dumps(one) for one in (head, *(sample.record() for sample in [*WARM, *COLD]))]
    (directory / SAMPLES).write_text("\n".join([*lines, *more]), encoding="utf-8")


def test_a_run_is_read_from_its_folder_and_damaged_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    negative = json.dumps(WARM[0].record()).replace('"total": 30', '"total": -1')
    saved(tmp_path, more=['{"record": "sam', "[1]", negative])

    found = read(tmp_path)

    assert len(found.by_platform["aws"].warm) == len(WARM)
    assert found.notes == ("3 lines of the run are damaged: not used",)


def test_a_run_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, file_format=FORMAT + 1)

    with pytest.raises(
        UserError, match=r"has format \d+, this version reads up to \d+; update and try again"
    ):
        read(tmp_path)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"is not a saved run: it has no samples.jsonl; runs are the folders in results/"
    ):
        read(tmp_path)
