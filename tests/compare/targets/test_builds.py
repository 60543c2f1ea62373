"""Which build a stack says that it runs, and the one that answers."""

from dataclasses import replace
from typing import Any

import pytest

from compare.report.findings import another_build, findings
from compare.targets.endpoints import builds_of
from runs import sample as samples
from runs.sample import FIRST_CONTACT, Answer, Moment, Sample, Source, Times

RELEASES = [
    {"version": "1", "digest": "sha256:a", "build": "old"},
    {"version": "2", "digest": "sha256:b", "build": "new"},
]


@pytest.mark.parametrize(
    ("outputs", "builds"),
    [
        ({"releases": RELEASES, "traffic": {"2": 100}}, ("new",)),
        ({"releases": RELEASES, "traffic": {"1": 90, "2": 10}}, ("new", "old")),
        ({"releases": RELEASES, "traffic": {"1": 100, "2": 0}}, ("old",)),
        ({"releases": [*RELEASES, {"version": "3", "build": ""}], "traffic": {"2": 90, "3": 10}}, ()),
        ({"releases": RELEASES, "traffic": {"7": 100}}, ()),
        ({"releases": RELEASES, "traffic": {}}, ()),
        ({"releases": RELEASES}, ()),
        ({"releases": "many", "traffic": 100}, ()),
        ({}, ()),
    ],
)
def test_the_builds_of_the_releases_with_traffic_may_answer(
    outputs: dict[str, Any], builds: tuple[str, ...]
) -> None:
    """A canary's too; nothing is known if the build of one of them is not."""
    assert builds_of(outputs) == builds


def answered(build: str | None, status: int = 200, why: str | None = None) -> Sample:
    """A warm request that `build` answered."""
    headers = {"x-build-id": build} if build else {}
    answer = Answer("kept", status, Times(0, 1, None, 2, 3), headers=headers)
    found = samples.attempted_warm(Source("a", "aws", emulated=False), Moment(0, 0, 0), answer, 200, "kept")
    assert found.build == build
    return replace(found, why=why)


def test_an_answer_of_another_build_is_a_problem_of_the_report() -> None:
    """With how many there were, what the stack says and what helps."""
    asked = {"a": [answered("new"), answered("old"), answered("old"), answered("older")]}

    (found,) = [of for of in findings(asked, {"a": ["new"]}) if of.problem]

    assert found.text == (
        "a answered from build old (2 of 4 requests), older (1 of 4 requests), and its stack says new; `pulumi up` "
        "deploys what the stack says, or prints what is wrong"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([answered("new"), answered("old")], ["new", "old"]),
        ([answered("old", 500), answered("new")], ["new"]),
        ([answered(None), answered("new")], ["new"]),
        ([answered("old", why=FIRST_CONTACT), answered("new")], ["new"]),
        ([answered("old")], []),
        ([answered("old")], None),
    ],
    ids=["a canary", "a failure", "no header", "the first contact", "not known", "no stack"],
)
def test_what_is_no_answer_of_another_build(asked: list[Sample], said: list[str] | None) -> None:
    """Only a good answer with a build counts, and only if the stack names builds."""
    assert another_build(asked, said) == ""


def test_a_stack_that_does_not_know_its_build_is_told_without_a_problem() -> None:
    """An image that was built elsewhere has no build id."""
    (found,) = findings({"a": [answered("old")]}, {"a": []})

    assert not found.problem
    assert found.text.startswith("a: its stack does not know which build runs")
