"""A trial that dies at any moment: the next one does what is left, and leaves nothing behind."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.trial.test_conduct import CLEANING, STEPS, Course, course
from trial.engine import Pulumi
from trial.journal import Journal

__all__ = ["course"]
pytestmark = pytest.mark.process


class GoneError(BaseException):
    """The process was killed, or the machine has stopped."""


@dataclass
class Death:
    """Ends a trial before or after a command or a line of its record: by its number, or the first with some words."""

    at: int | str
    after: bool
    count: int = 0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            here = self.at == self.count or (
                isinstance(self.at, str) and self.at in " ".join(map(str, arguments))
            )
            if here and not self.after:
                raise GoneError
            result = function(*arguments, **named)
            if here:
                raise GoneError
            return result

        return call


def survived(course: Course, death: Death) -> bool:
    """Run a trial that dies, and another one after it; False if the first one ended before it could die."""
    has_died = False
    with pytest.MonkeyPatch.context() as patch:
        for of, name in ((Pulumi, "do"), (Pulumi, "run"), (Journal, "write")):
            patch.setattr(of, name, death.around(getattr(of, name)))
        try:
            course.run()
        except GoneError:
            has_died = True
    if has_died and any(course.results.glob("trial-aws-*/journal.jsonl")) and not course.journal.ended:
        ending = course.run()
        assert ending.status == 0, (death, course.said)
    assert list(course.journal.steps) == STEPS + CLEANING, death
    assert [of["problems"] for of in course.journal.steps.values() if of["problems"]] == [], death
    assert course.stacks() == {}, death
    shutil.rmtree(course.results)
    return has_died


@pytest.mark.parametrize(
    ("at", "after"), [("canaryPercent=10", False), ("stack import", True), ("stack rm", True)]
)
def test_a_trial_may_die_at_some_moments(at: str, after: bool, course: Course) -> None:
    """In its steps, and while everything is taken away."""
    assert survived(course, Death(at, after))


@pytest.mark.soak
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_trial_may_die_at_every_moment(after: bool, course: Course) -> None:
    """Each command and each line of the record, from the first line on."""
    at = 3
    while survived(course, Death(at, after)):
        at += 1
    assert at > 30, at
