"""`compare run` on the platforms emulated on this machine."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.mark.process
def test_an_app_that_does_not_start_is_named(compare: Compare, tmp_path: Path) -> None:
    """A wrong `app` is the target's failure, and the others go on."""
    file = tmp_path / "targets.toml"
    file.write_text(
        "[[target]]\nname = 'wrong'\nlocal = 'gcp'\napp = 'no_such_module:app'\n[[target]]\nlocal = 'gcp'\n"
    )

    words = ("--cold", "none", "--rounds", "1", "--connection", "kept", "--timeout", "5s", "--quiet")
    done = compare("run", "--targets", str(file), *words)

    assert done.status == 1
    assert "Problem: wrong is down or answers wrongly" in done.out
    assert [target["failed"] for target in done.report["targets"]][1] == 0


@pytest.mark.process
def test_an_emulated_target_is_left_alone_as_its_file_says(compare: Compare, tmp_path: Path) -> None:
    """`idle` of the targets file holds for emulated platforms too: they keep an instance for so long."""
    file = tmp_path / "targets.toml"
    file.write_text("[[target]]\nlocal = 'gcp'\nidle = 2\n")

    done = compare("run", "--targets", str(file), "--cold-starts", "1", "--rounds", "2")

    assert done.status == 0
    assert "1 cold start, after 2 s alone" in done.out
    (cold,) = [sample for sample in done.samples if sample["kind"] == "cold"]
    first = next(sample for sample in done.samples if sample["why"] == "first contact")
    assert cold["at_s"] - first["at_s"] > 2


@pytest.mark.process
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


@pytest.mark.process
def test_ecs_is_a_target_like_the_others_that_keeps_an_instance(compare: Compare) -> None:
    """Not among those that are measured without a word, and never left alone for a cold start."""
    done = compare("run", "local:ecs", "--rounds", "6", "--quiet")

    assert (done.status, done.error) == (0, "")
    (target,) = done.report["targets"]
    assert (target["label"], target["failed"], target["cold_note"]) == (
        "ECS Express Mode (emulated)",
        0,
        "keeps an instance",
    )
    assert [(one["kind"], one["connection"], one["n"]) for one in target["series"]] == [
        ("warm", "kept", 6),
        ("warm", "fresh", 6),
    ]
