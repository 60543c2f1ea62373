"""The course of a trial without an engine: every end that it may come to, and that the next one goes on from there."""

import json
import os
import signal
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from commandline import UserError
from compare.targets.request import Request
from tests.trial import stand_in
from trial import journal as journals
from trial.asking import Asker
from trial.conduct import Ending, conduct
from trial.engine import Pulumi
from trial.journal import Journal
from trial.patience import Patience
from trial.steps import Trial

pytestmark = pytest.mark.process
STEPS = ["up", "unchanged", "number", "canary", "back"]
CLEANING = ["destroy", "left", "remove"]


@dataclass
class Course:
    """A trial of the stack aws on the stand-in; `said` is what it printed."""

    folder: Path
    results: Path
    said: list[str] = field(default_factory=list[str])

    def faults(self, **faults: list[str]) -> None:
        """What the commands are to do, one after the other."""
        (self.folder / "faults.json").write_text(json.dumps(faults))

    def stacks(self) -> dict[str, Any]:
        """What there is."""
        return json.loads((self.folder / "stacks.json").read_text())

    def run(self, minutes: int = 60, *, clean_up: bool = False) -> Ending:
        """Begin a trial or go on with the last, as the command line does."""
        with journals.alone(self.results, "aws") as lock:
            pulumi = Pulumi("trial-aws", lock, self.said.append)
            journal = journals.unfinished(self.results, "aws")
            if journal is None:
                pulumi.do("stack", "init", "trial-aws")
                journal = journals.begun(self.results, "aws", access="private", other_memory=513)
            trial = Trial(pulumi, Asker(Request(), "/hello", 1), journal, Patience(), can_ask=False)
            return conduct(trial, minutes, self.said.append, clean_up=clean_up)

    def interrupted(self, times: int = 1) -> threading.Thread:
        """Ctrl-C, so often, as soon as a command hangs; then none hangs any more."""
        hangs = self.folder / "hangs"

        def press() -> None:
            while not hangs.exists():
                threading.Event().wait(0.01)
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(0.3)

        thread = threading.Thread(target=press)
        thread.start()
        return thread

    @property
    def journal(self) -> Journal:
        """The last trial's."""
        return Journal(max(self.results.glob("trial-aws-*")))


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    """A course whose `pulumi` is the stand-in."""
    command = tmp_path / "bin" / "pulumi"
    command.parent.mkdir()
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    with stand_in.answering(tmp_path) as text:
        command.write_text(text)
        command.chmod(0o755)
        yield Course(tmp_path, tmp_path / "results")


def test_every_step_is_done_and_everything_taken_away(course: Course) -> None:
    """The steps that ask are left out where nobody may ask."""
    ending = course.run()

    assert ending.status == 0, course.said
    assert list(course.journal.steps) == STEPS + CLEANING
    assert (course.stacks(), course.journal.ended) == ({}, True)
    assert "answers: left out, as access is private and --header is not given" in course.said
    assert course.journal.steps["canary"]["facts"]["outputs"]["traffic"] == {"2": 90, "3": 10}
    with zipfile.ZipFile(ending.bundle) as archive:
        assert {"README.txt", "trial.json", "logs/up.log", "logs/destroy.log"} < set(archive.namelist())


def test_an_up_that_fails_once_is_tried_again(course: Course) -> None:
    """That is worth a line, and no problem."""
    course.faults(up=["fail"])

    assert course.run().status == 0
    [note] = course.journal.steps["up"]["notes"]
    assert note.startswith("the first up failed (up was refused for arn")


@pytest.mark.parametrize(("faults", "last"), [(["fail", "fail"], "up"), (["", "fail"], "unchanged")])
def test_a_step_that_fails_ends_the_steps(faults: list[str], last: str, course: Course) -> None:
    """Everything is taken away, and the bundle has the reason without the account."""
    course.faults(up=faults)

    ending = course.run()

    assert ending.status == 1
    assert list(course.journal.steps)[-4:] == [last, *CLEANING]
    assert course.stacks() == {}
    with zipfile.ZipFile(ending.bundle) as archive:
        told = archive.read("trial.json").decode() + archive.read(f"logs/{last}.log").decode()
    assert "up was refused for arn:aws:iam::[ACCOUNT]:role/shop" in told
    assert "123456789012" not in told


@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_ctrl_c_ends_the_step_and_takes_everything_away(step: int, course: Course) -> None:
    """Whichever step it is: Pulumi is asked to end in order, once."""
    course.faults(up=[*[""] * step, "hang"])
    pressing = course.interrupted()

    ending = course.run()
    pressing.join()

    assert ending.status == 130
    assert course.said.count("Pulumi is asked to end; it finishes what it is at.") == 1
    assert list(course.journal.steps) == [*STEPS[:step], *CLEANING]
    assert (course.stacks(), course.journal.ended) == ({}, True)


@pytest.mark.parametrize("command", ["destroy", "refresh"])
def test_ctrl_c_while_everything_is_taken_away_leaves_the_rest_to_the_next_trial(
    command: str, course: Course
) -> None:
    """Which does no step of the old one, and ends it with the status of the interrupt."""
    course.faults(**{command: ["hang"]})
    pressing = course.interrupted()
    with pytest.raises(
        UserError, match="before everything was taken away; `make trial STACK=aws` takes it away"
    ):
        course.run()
    pressing.join()
    assert list(course.stacks()) == ["trial-aws"]

    ending = course.run()

    assert ending.status == 0
    assert list(course.journal.steps) == STEPS + CLEANING
    assert course.stacks() == {}


def test_a_second_ctrl_c_leaves_everything_to_the_next_trial(course: Course) -> None:
    """It may come while Pulumi still ends what it is at."""
    course.faults(up=["", "stubborn"])
    pressing = course.interrupted(times=2)
    with pytest.raises(KeyboardInterrupt):
        course.run()
    pressing.join()
    assert list(course.stacks()) == ["trial-aws"]
    assert course.journal.cleaning is not None

    assert course.run().status == 130
    assert list(course.journal.steps) == ["up", *CLEANING]
    assert course.stacks() == {}


def test_the_time_may_be_over_in_the_middle_of_a_step(course: Course) -> None:
    """Then it is as after Ctrl-C, but for the status."""
    course.faults(up=["hang"])

    ending = course.run(minutes=0)

    assert ending.status == 1
    assert "The steps end here: its time is over; --minutes allows for more." in course.said
    assert course.stacks() == {}


def test_a_destroy_that_fails_is_tried_again_and_then_left_to_the_next_trial(course: Course) -> None:
    """Nothing is looked for meanwhile, and the stack is not forgotten."""
    course.faults(destroy=["fail", "fail"])

    ending = course.run()

    assert ending.status == 1
    assert "The stack trial-aws is still there; `make trial STACK=aws` takes it away." in course.said
    assert course.stacks()["trial-aws"]["resources"]
    assert not course.journal.ended

    course.faults(destroy=["fail"])
    assert course.run().status == 0
    assert (course.stacks(), course.journal.ended) == ({}, True)


def test_what_a_destroy_left_is_a_problem_and_goes(course: Course) -> None:
    """The cloud is asked for each thing that the stack had."""
    course.faults(refresh=["left"])

    assert course.run().status == 1
    assert course.journal.steps["left"]["problems"] == [
        "aws:iam/role:Role shop (shop-1) was left after the destroy; it is gone now"
    ]
    assert course.stacks() == {}


def test_a_cloud_that_cannot_be_asked_is_a_problem_with_a_list(course: Course) -> None:
    """Whoever has the account can look by hand."""
    course.faults(refresh=["fail"])

    assert course.run().status == 1
    [problem] = course.journal.steps["left"]["problems"]
    assert problem.startswith("the cloud could not be asked for what is left: refresh was refused")
    assert problem.endswith("The stack had: aws:iam/role:Role shop (shop-1)")
    assert course.stacks() == {}


def test_a_trial_goes_on_with_the_first_step_that_was_not_done(course: Course) -> None:
    """Its process has gone, as when the machine stops."""
    course.faults(up=["", "", "hang"])

    class GoneError(BaseException):
        pass

    def say(text: str) -> None:
        course.said.append(text)
        if text.startswith("number: change"):
            raise GoneError

    with journals.alone(course.results, "aws") as lock:
        pulumi = Pulumi("trial-aws", lock, course.said.append)
        pulumi.do("stack", "init", "trial-aws")
        journal = journals.begun(course.results, "aws", access="private", other_memory=513)
        trial = Trial(pulumi, Asker(Request(), "/hello", 1), journal, Patience(), can_ask=False)
        with pytest.raises(GoneError):
            conduct(trial, 60, say)
    assert list(course.journal.steps) == ["up", "unchanged"]
    course.faults()

    assert course.run().status == 0
    assert course.said.count("up: done before") == 1
    assert list(course.journal.steps) == STEPS + CLEANING


def test_cleaning_up_alone_does_no_step(course: Course) -> None:
    """Not even one that was begun."""
    assert course.run(clean_up=True).status == 0
    assert list(course.journal.steps) == CLEANING
    assert course.stacks() == {}


def test_a_step_that_failed_before_the_machine_stopped_ends_the_steps(course: Course) -> None:
    """The record of why they end was not written any more."""
    course.faults(up=["fail", "fail"])
    course.run()
    journal = course.journal
    lines = (journal.folder / journals.FILE).read_text().splitlines(keepends=True)
    (journal.folder / journals.FILE).write_text("".join(lines[:2]))
    course.faults()
    (course.folder / "stacks.json").write_text(
        json.dumps({"trial-aws": {"config": {}, "resources": [stand_in.ROLE], "outputs": {}, "versions": []}})
    )

    assert course.run().status == 1
    assert list(course.journal.steps) == ["up", *CLEANING]
    assert course.stacks() == {}


def test_a_fault_of_the_trial_itself_leaves_nothing_behind(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its traceback is in the bundle, as whoever reads the report needs it."""

    def broken(*_: object) -> list[str]:
        raise KeyError("releases")

    monkeypatch.setattr("trial.checks.deployed", broken)
    ending = course.run()

    assert ending.status == 1
    assert "  PROBLEM: a fault of the trial itself, KeyError: 'releases'" in course.said
    assert course.stacks() == {}
    with zipfile.ZipFile(ending.bundle) as archive:
        assert "KeyError: 'releases'" in archive.read("logs/up.log").decode()


def test_the_stack_that_its_user_has_selected_stays_selected(course: Course) -> None:
    """Pulumi selects none after the removal of another one."""
    own = {"config": {}, "resources": [], "outputs": {}, "versions": [], "current": True}
    (course.folder / "stacks.json").write_text(json.dumps({"prod": own}))

    assert course.run().status == 0
    assert course.stacks() == {"prod": own}
