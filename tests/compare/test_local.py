"""`compare run` on the platforms emulated on this machine."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.compare.conftest import Done

Compare = Callable[..., Done]


def test_an_emulation_that_cannot_start_is_one_line(compare: Compare, tmp_path: Path) -> None:
    """What the emulation says, and nothing saved."""
    file = tmp_path / "targets.toml"
    file.write_text("[[target]]\nlocal = 'gcp'\nengine = 'rocket'\n")

    done = compare("run", "--targets", str(file), "--quiet")

    assert (done.status, done.out) == (2, "")
    assert done.error == (
        "compare: target local:gcp does not start: --engine is 'rocket'; it is one of process, podman, docker\n"
    )
    assert list(done.results.iterdir()) == []


def test_an_app_that_does_not_start_is_named(compare: Compare, tmp_path: Path) -> None:
    """A wrong `app` is the target's failure, and the others go on."""
    file = tmp_path / "targets.toml"
    file.write_text(
        "[[target]]\nname = 'wrong'\nlocal = 'gcp'\napp = 'no_such_module:app'\n[[target]]\nlocal = 'gcp'\n"
    )

    done = compare(
        "run", "--targets", str(file), "--cold", "none", "--rounds", "6", "--timeout", "5s", "--quiet"
    )

    assert done.status == 1
    assert "Problem: wrong is down or answers wrongly" in done.out
    assert [target["failed"] for target in done.report["targets"]][1] == 0


def test_the_three_local_platforms_without_a_word(compare: Compare) -> None:
    """With no target the three emulated platforms are measured, cold and warm, labelled, with no verdict on clouds."""
    done = compare("run", "--cold-starts", "2", "--rounds", "6", "--quiet")

    assert (done.status, done.error) == (0, "")
    targets = done.report["targets"]
    assert [(t["name"], t["label"], t["emulated"], t["failed"]) for t in targets] == [
        ("local:aws", "AWS Lambda (emulated)", True, 0),
        ("local:gcp", "Cloud Run (emulated)", True, 0),
        ("local:apprunner", "App Runner (emulated)", True, 0),
    ]
    numbers = [{(one["kind"], one["connection"]): one["n"] for one in target["series"]} for target in targets]
    zero = {("cold", "fresh"): 2, ("warm", "kept"): 6, ("warm", "fresh"): 6}
    assert numbers == [zero, zero, {("warm", "kept"): 6, ("warm", "fresh"): 6}]
    assert targets[2]["cold_note"] == "keeps an instance"
    assert {one["verdict"] for one in done.report["comparisons"]} <= {"emulated", "too few"}
    assert not re.search(r"is [0-9.]+ times (slower|faster)", done.out)
    assert "They do not compare clouds" in done.out
