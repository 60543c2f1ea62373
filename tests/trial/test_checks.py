"""What a stack's outputs say is wrong, for every step and every failure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial import checks

OLD, NEW = (f"registry.example.com/shop@sha256:{letter * 64}" for letter in "ab")


def outputs(*versions: str, **changed: Any) -> dict[str, Any]:
    """The outputs of a stack whose newest release, the last of `versions`, has all traffic."""
    newest = versions[-1]
    return {
        "url": "https://shop.example.com",
        "image": NEW,
        "promoted": newest,
        "releases": [{"version": version, "digest": "sha256:0", "build": "b"} for version in versions],
        "traffic": {newest: 100},
        **changed,
    }


def test_a_stack_as_it_should_be_has_no_problem() -> None:
    assert checks.deployed(outputs("1")) == []
    assert checks.deployed(outputs("sha256:abc")) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"url": "shop.example.com"}, "the output url is 'shop.example.com', which is no URL"),
        ({"url": None}, "the output url is None, which is no URL"),
        ({"image": "shop:latest"}, "the output image is 'shop:latest', which is no REPOSITORY@sha256:DIGEST"),
        ({"promoted": "1"}, "2 is the newest release, and '1' is promoted"),
        ({"traffic": {"1": 100}}, "the output traffic is {'1': 100}, and should be {'2': 100}"),
        ({"traffic": None}, "the output traffic is None, and should be {'2': 100}"),
        (
            {"traffic": {"2": 90, "1": 10}},
            "the output traffic is {'2': 90, '1': 10}, and should be {'2': 100}",
        ),
        ({"releases": []}, "the output releases is [], which names no release"),
        ({"releases": "2"}, "the output releases is '2', which names no release"),
    ],
)
def test_each_thing_that_is_wrong_is_a_sentence(changed: dict[str, Any], problem: str) -> None:
    assert problem in checks.deployed(outputs("1", "2", **changed))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = checks.deployed(outputs("1", "2", url="x", image="y", promoted="1", traffic={"1": 100}))

    assert [problem.partition(" is ")[0] for problem in wrong] == [
        "the output url",
        "the output image",
        "2",
        "the output traffic",
    ]


def test_a_changed_number_makes_a_release_of_the_same_image_under_the_same_url() -> None:
    before = outputs("1")

    assert checks.changed(before, outputs("1", "2")) == []
    assert checks.changed(before, before) == ["there is no release after 1, though a setting has changed"]
    assert checks.changed(before, outputs("1", "2", image=OLD)) == [
        f"the output image was {NEW!r}, and is {OLD!r} now"
    ]
    assert checks.changed(before, outputs("1", "2", url="https://b.example.com")) == [
        "the output url was 'https://shop.example.com', and is 'https://b.example.com' now"
    ]


def test_a_platform_that_keeps_no_releases_names_the_same_digest_again() -> None:
    before = outputs("sha256:abc")

    assert not checks.keeps_releases(before)
    assert checks.changed(before, before) == []


def test_a_canary_has_its_share_and_what_was_promoted_the_rest() -> None:
    before = outputs("1")
    shown = outputs("1", "2", promoted="1", traffic={"1": 90, "2": 10})

    assert checks.canary(before, shown, 10) == []
    assert checks.canary(before, {**shown, "traffic": {"1": 100}}, 0) == []
    assert checks.canary(before, {**shown, "traffic": {"1": 100}}, 10) == [
        "the output traffic is {'1': 100}, and should be {'1': 90, '2': 10}"
    ]
    assert checks.canary(before, {**shown, "promoted": "2"}, 10) == [
        "the output promoted was '1', and is '2' now"
    ]
    assert checks.canary(before, before, 10) == ["there is no release after 1, though a setting has changed"]


VALUES = st.none() | st.text(max_size=3) | st.integers() | st.lists(st.text(max_size=2), max_size=2)
WEIRD = st.dictionaries(
    st.sampled_from(["url", "image", "promoted", "releases", "traffic"]),
    VALUES | st.lists(st.dictionaries(st.sampled_from(["version"]), VALUES), max_size=2),
)


@given(WEIRD)
def test_outputs_of_any_shape_are_problems_and_no_trace(found: dict[str, Any]) -> None:
    assert checks.deployed(found)
    assert checks.canary(outputs("1"), found, 10)
    assert checks.changed(outputs("1"), found)
