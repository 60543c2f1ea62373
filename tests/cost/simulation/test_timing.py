"""What a simulation draws from: cloud samples of a run where there are any, else published figures that say so."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commandline import UserError
from cost.app import App
from cost.section import section
from cost.setup import Setup, setup
from cost.simulation.timing import measured, published, read, select, triangle, with_app
from platforms import starts
from runs.file import SAMPLES
from runs.head import FORMAT
from runs.plan import Plan
from runs.sample import Sample

pytestmark = pytest.mark.usefixtures("roughly")


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


AWS = setup("aws", "us-east-1")
WARM = [sample(total=total) for total in range(30, 50)]
COLD = [sample(kind="cold", total=total) for total in range(300, 320)]


def test_cloud_samples_become_timing_in_seconds() -> None:
    """All that the app took at Lambda's share of a CPU is work, if nobody says otherwise."""
    timing = measured(select([*WARM, *COLD]).by_platform["aws"], AWS, None)

    assert timing.alone(512 / 1769) == pytest.approx([0.003] * 20)
    assert timing.work == pytest.approx([0.003 * 512 / 1769] * 20)
    assert timing.beyond == pytest.approx([total / 1000 - 0.003 for total in range(30, 50)])
    assert timing.starts == pytest.approx([total / 1000 - 0.0395 for total in range(300, 320)])
    assert timing.network
    assert timing.basis == "measured at aws: 20 warm answers on fresh connections, 20 cold starts"
    assert timing.starts_supported == pytest.approx(0.025 ** (1 / 20))


def test_what_is_known_of_an_app_splits_what_was_measured_into_work_and_waiting() -> None:
    """Half a second of CPU is 1.73 s on Lambda's share; of that and as long a wait, half of 3 ms is work."""
    app = App(cpu_s=Decimal("0.5"), wait_s=Decimal("0.5") * 1769 / 512)

    timing = measured(select([*WARM, *COLD]).by_platform["aws"], AWS, app)

    assert timing.waits == pytest.approx([0.0015] * 20)
    assert timing.work == pytest.approx([0.0015 * 512 / 1769] * 20)


def test_failed_and_discarded_samples_and_urls_of_no_platform_are_left_out() -> None:
    noise = [
        sample(total=9999, ok=False),
        sample(total=9999, kind="discarded"),
        sample(total=9999, kind="load"),
        sample(None, total=9999),
    ]

    assert measured(select([*WARM, *noise]).by_platform["aws"], AWS, None).beyond.max() == pytest.approx(
        0.046
    )


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
    timing = measured(select([*WARM, *COLD[:5]]).by_platform["aws"], AWS, None)

    assert timing.starts.tolist() == published(AWS).starts.tolist()
    assert "5 cold starts, too few: published starts (INIT of an empty handler" in timing.basis


RESTORED = [sample(kind="cold", total=total, restored=True) for total in range(100, 110)]


def test_with_snapstart_restored_starts_count_and_without_it_initialised_ones() -> None:
    both = select([*WARM, *COLD, *RESTORED]).by_platform["aws"]

    restored = measured(both, replace(AWS, snapstart=True), None)
    initialised = measured(both, AWS, None)

    assert restored.starts == pytest.approx([total / 1000 - 0.0395 for total in range(100, 110)])
    assert initialised.starts == pytest.approx([total / 1000 - 0.0395 for total in range(300, 320)])
    assert restored.basis == "measured at aws: 20 warm answers on fresh connections, 10 restored cold starts"


def test_starts_of_the_other_kind_stand_in_for_none_and_the_basis_says_what_to_ask() -> None:
    alone = measured(select([*WARM, *RESTORED]).by_platform["aws"], AWS, None)
    other = measured(select([*WARM, *COLD]).by_platform["aws"], replace(AWS, snapstart=True), None)

    assert (
        "0 cold starts (10 restored from a snapshot: ask with --snapstart), too few: published" in alone.basis
    )
    assert "0 restored cold starts (20 without SnapStart: ask without --snapstart), too few" in other.basis
    assert other.starts.tolist() == published(replace(AWS, snapstart=True)).starts.tolist()


@pytest.mark.parametrize(("cold", "said"), [(RESTORED, True), (COLD, False)])
def test_the_bill_of_a_comparison_is_that_of_what_was_measured(cold: list[Sample], said: bool) -> None:
    """A function that was restored has SnapStart, which costs."""
    made = section([*WARM, *cold], monthly=1000)

    names = {line["name"] for option in made["options"] for line in option["list_price"]["lines"]}
    assert ("SnapStart cache" in names) is said


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


def test_what_is_said_of_the_app_replaces_what_was_measured_of_it() -> None:
    timing = with_app(
        measured(select([*WARM, *COLD]).by_platform["aws"], AWS, None),
        App(cpu_s=Decimal("0.2"), wait_s=Decimal("0.5")),
    )

    assert timing.alone(0.5) == pytest.approx([0.9] * 20)
    assert timing.beyond == pytest.approx([total / 1000 - 0.003 for total in range(30, 50)])


def test_without_the_apps_own_duration_the_whole_answer_is_the_handling() -> None:
    bare = [sample(app=None) for _ in range(10)]

    assert measured(select(bare).by_platform["aws"], AWS, None).alone(512 / 1769) == pytest.approx(
        [0.04] * 10
    )


def test_published_starts_have_the_published_quantiles_and_the_apps_imports_on_top() -> None:
    timing = published(setup("aws", "us-east-1", app=App(imports_s=Decimal("0.3"))))

    assert np.quantile(timing.starts_billed, [0.5, 0.9]) == pytest.approx([0.462, 0.626], rel=0.01)
    assert timing.starts - timing.starts_billed == pytest.approx(starts.start("aws").unbilled)
    assert timing.starts_supported == 0.99
    assert not timing.network
    assert "lambda-perf" in timing.basis
    assert "0.3 s of the app's own imports" in timing.basis


def test_imports_take_longer_where_an_instance_starts_on_a_part_of_a_cpu() -> None:
    """Lambda and Cloud Run give a whole vCPU to an instance that starts; App Runner a quarter: four times as long."""
    none, some = (
        [float(np.median(published(one).starts)) for one in deployed(App(imports_s=Decimal(imports)))]
        for imports in ("0", "0.5")
    )

    assert [later - early for early, later in zip(none, some, strict=True)] == pytest.approx([0.5, 0.5, 2.0])


def deployed(app: App) -> list[Setup]:
    return [
        setup("aws", "us-east-1", app=app),
        setup("gcp", "us-central1", app=app),
        setup("apprunner", "us-east-1", app=app),
    ]


def test_arm64_starts_sooner_and_a_restored_snapshot_holds_the_imports() -> None:
    nothing = App(imports_s=Decimal(0))
    x86, arm = (
        np.median(published(setup("aws", "us-east-1", architecture=one, app=nothing)).starts_billed)
        for one in ("x86", "arm64")
    )
    restored = [
        published(setup("aws", "us-east-1", snapstart=True, app=App(imports_s=Decimal(imports))))
        for imports in (0, 5)
    ]

    assert (x86, arm) == pytest.approx((0.162, 0.131), rel=0.01)
    assert restored[0].starts.tolist() == restored[1].starts.tolist()
    assert "no figure of a restored Python image was found" in restored[0].basis


def test_a_triangle_has_its_mean_and_its_ends() -> None:
    values = triangle(300, 600, 900)

    assert values.mean() == pytest.approx(600, rel=1e-3)
    assert 300 < values.min() < 320
    assert 880 < values.max() < 900
    assert triangle(900, 900, 900).tolist() == [900]
    assert triangle(0, 0, 9).mean() == pytest.approx(3, rel=1e-2)


def test_an_idle_time_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="idle time 9-5-10 s: it is above 0 and ascends, such as 300-600-900"):
        published(AWS).with_idle(9, 5, 10)


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
            {"name": "aws", "platform": "aws", "emulated": False, "url": "https://a.test", "request": "GET /"}
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
