"""What an `up` asked for and what runs, as outputs or as what is wrong, for every failure and without an engine."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import platforms
from stacks.releases import History
from stacks.running import Asked, Running, outcome

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop"
OLD, NEW = (f"{REPOSITORY}@sha256:{letter * 64}" for letter in "ab")
FIRST = {"version": "1", "digest": OLD.partition("@")[2], "build": "old"}
SECOND = {"version": "2", "digest": NEW.partition("@")[2], "build": "new"}
PAST = History("1", (FIRST,))

ASKED = Asked(NEW, "new", {"memory": "512"}, {"LOG_LEVEL": "debug"})
RUNNING = Running("2", NEW, {"memory": "512"}, {"LOG_LEVEL": "debug"}, {"2": 100})


def problems(asked: Asked, running: Running, platform: str = "aws", past: History = PAST) -> str:
    """All that is wrong, as one text."""
    return "\n".join(outcome(asked, running, past, platform).problems)


def test_what_was_asked_for_runs() -> None:
    """Then the outputs name it, and nothing is wrong."""
    found = outcome(ASKED, RUNNING, PAST, "aws")

    assert (found.image, found.promoted, found.releases, found.problems) == (NEW, "2", [FIRST, SECOND], [])


def test_a_canary_and_the_promoted_one_share_the_traffic() -> None:
    """The image is the newest one's, and what was promoted stays so."""
    found = outcome(
        replace(ASKED, primary="1", share=10), replace(RUNNING, shares={"1": 90, "2": 10}), PAST, "aws"
    )

    assert (found.image, found.promoted, found.releases, found.problems) == (NEW, "1", [FIRST, SECOND], [])


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_a_refused_image_is_told_and_the_outputs_name_the_old_one(platform: str) -> None:
    """The state has what was asked for; what runs is what was there before."""
    old = Running(FIRST["version"], OLD, {"memory": "512"}, {"LOG_LEVEL": "debug"}, {"1": 100})

    found = outcome(ASKED, old, PAST, platform, "Else ask.")

    assert (found.image, found.promoted, found.releases) == (OLD, "1", [FIRST])
    assert "\n".join(found.problems) == (
        f"{platforms.TITLES[platform]} runs something else than this stack says:\n"
        f"  image: {NEW} was asked for, and {OLD} runs\n"
        "An update was refused earlier, someone changed it by hand, or `--target` left it out. Type "
        "`pulumi up --refresh`, which deploys what the stack says. Else ask."
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"settings": {"memory": "256"}}, "memory: 512 was asked for, and it is 256"),
        ({"variables": {"LOG_LEVEL": "top secret"}}, "LOG_LEVEL: the variable is not as it was asked for"),
        ({"variables": {}}, "LOG_LEVEL: the variable is not as it was asked for"),
        (
            {"variables": {"LOG_LEVEL": "debug", "DEBUG": "1"}},
            "DEBUG: the variable is not as it was asked for",
        ),
        ({"shares": {"1": 100}}, "traffic: 100% to 2 was asked for, and it is 100% to 1"),
        ({"shares": {"1": 90, "2": 10}}, "traffic: 100% to 2 was asked for, and it is 90% to 1, 10% to 2"),
        ({"shares": {}}, "traffic: 100% to 2 was asked for, and it is nothing"),
        ({"image": ""}, f"image: {NEW} was asked for, and none runs"),
    ],
)
def test_each_difference_is_told_without_a_variables_value(changed: Mapping[str, object], words: str) -> None:
    """A setting, a variable that differs, lacks or is too many, a share."""
    told = problems(ASKED, replace(RUNNING, **changed))

    assert f"\n  {words}\n" in told
    assert "top secret" not in told


def test_what_a_platform_does_not_tell_is_not_compared() -> None:
    """No difference is made up."""
    assert problems(replace(ASKED, settings={"memory": "512", "cpu": "1"}), RUNNING) == ""


def test_a_refused_alias_is_told_and_the_promoted_one_is_what_has_the_traffic() -> None:
    """The new version is published and gets nothing: it is a release, and not the promoted one."""
    found = outcome(ASKED, replace(RUNNING, shares={"1": 100}), PAST, "aws")

    assert (found.promoted, found.releases, len(found.problems)) == ("1", [FIRST, SECOND], 1)


def test_a_rollback_by_hand_is_what_runs() -> None:
    """Someone gave the traffic back in the console: the outputs say so, and the `up` too."""
    found = outcome(
        replace(ASKED, primary="2", share=0),
        replace(RUNNING, shares={"1": 100}),
        History("2", (FIRST, SECOND)),
        "aws",
    )

    assert found.promoted == "1"
    assert "traffic: 100% to 2 was asked for, and it is 100% to 1" in found.problems[0]


NEVER_READY = replace(RUNNING, ready="1", shares={"1": 100})


@pytest.mark.parametrize(
    "asked",
    [
        ASKED,
        replace(ASKED, primary="1", share=10),
        replace(ASKED, primary="2", share=0),
        replace(ASKED, primary="2", share=10),
    ],
    ids=["promoted", "shown", "pinned", "kept"],
)
def test_a_revision_that_was_never_ready_gets_nothing(asked: Asked) -> None:
    """Not promoted, shown, pinned or kept: both revisions are named, and what to do."""
    found = outcome(asked, NEVER_READY, PAST, "gcp")

    assert (found.image, found.promoted, found.releases) == (OLD, "1", (FIRST,))
    assert "\n".join(found.problems) == (
        "2, the newest release on Cloud Run, never became ready; 1 is the last one that did, and no traffic goes to a "
        "later one. `pulumi stack output logs` prints the command that shows why. Then deploy a repaired image or "
        "setting by `pulumi up`, or stay with the earlier release: `pulumi config set pin 1` and `pulumi up`"
    )


def test_a_revision_that_was_never_ready_is_no_matter_to_a_release_that_has_all() -> None:
    """A canary that was taken back, and a pin to an earlier release, go through; the list has no such revision."""
    found = outcome(replace(ASKED, primary="1", share=0), NEVER_READY, PAST, "gcp")

    assert (found.image, found.promoted, found.releases, found.problems) == (OLD, "1", (FIRST,), [])


def test_without_any_ready_revision_there_is_no_image_to_name() -> None:
    """The very first release of a service may be the one that does not start."""
    found = outcome(ASKED, replace(RUNNING, ready="none", shares={"none": 100}), History(), "gcp")

    assert (found.image, found.releases) == (None, ())
    assert (
        "2, the newest release on Cloud Run, never became ready; none is the last one that did"
        in (found.problems[0])
    )


def test_the_build_of_an_image_that_was_not_asked_for_comes_from_the_releases() -> None:
    """The id is that of what runs, or it is not known."""
    by_hand = replace(RUNNING, newest="3", image=f"{REPOSITORY}@sha256:{'c' * 64}", shares={"3": 100})

    assert [of["build"] for of in outcome(ASKED, by_hand, PAST, "gcp").releases] == ["old", ""]
    back = replace(by_hand, image=OLD)
    assert [of["build"] for of in outcome(ASKED, back, PAST, "gcp").releases] == ["old", "old"]


@given(
    st.sampled_from(platforms.NAMES),
    st.sampled_from([None, "1", "2"]),
    st.integers(0, 100),
    st.dictionaries(st.sampled_from(["1", "2", "3"]), st.integers(1, 100), min_size=1),
    st.sampled_from([OLD, NEW]),
    st.sampled_from(["", "1", "2", "none"]),
)
def test_the_outputs_are_always_what_runs(
    platform: str, primary: str | None, share: int, shares: dict[str, int], image: str, ready: str
) -> None:
    """Whatever was asked for: the promoted release has traffic, and no release is one that was never ready."""
    asked = replace(ASKED, primary=primary, share=share)
    running = replace(RUNNING, image=image, shares=shares, ready=ready)

    found = outcome(asked, running, PAST, platform)

    assert found.promoted in shares
    is_ready = ready in ("", "2")
    assert ("2" in [of["version"] for of in found.releases]) == is_ready
    if is_ready:
        assert found.image == image
        assert bool(found.problems) == (image != NEW or shares != asked.shares("2"))
