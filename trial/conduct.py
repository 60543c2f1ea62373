"""A trial from where it is to its end: the steps, then the cleaning whatever happened, then the bundle."""

import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from commandline import UserError
from compare.measure.stop import Stop
from trial import bundle, stack
from trial.cleaning import CLEANING
from trial.patience import OverError, Patience
from trial.redact import secrets_of
from trial.steps import STEPS, Found, Step, Trial

Say = Callable[[str], None]


@dataclass(frozen=True)
class Ending:
    """How a trial ended: its exit status, and where its bundle is."""

    status: int
    bundle: Path


def conduct(trial: Trial, minutes: int, say: Say, *, clean_up: bool = False) -> Ending:
    """Go on with `trial` until its end; `clean_up`: leave out the steps that are not done yet.

    A second Ctrl-C raises KeyboardInterrupt: then the stack stays, and the next trial of it takes it away.
    """
    journal = trial.journal
    if journal.cleaning is None:
        if clean_up:
            journal.write("cleaning", why="asked for by --clean-up", status=0)
        else:
            _steps(trial, minutes, say)
    known = _known(trial, say)
    with Stop() as stop:
        patient = replace(trial, patience=Patience(stop))
        try:
            _run(patient, CLEANING, say)
        except OverError as over:
            raise UserError(
                f"{over} before everything was taken away; {_again(trial)}", over.status
            ) from None
    problems = [problem for step in journal.steps.values() for problem in step["problems"]]
    why = journal.cleaning or {}
    status = int(why.get("status", 0)) or (1 if problems else 0)
    if not _is_removed(trial):
        say(f"The stack {trial.pulumi.stack} is still there; {_again(trial)}.")
        return Ending(status or 1, bundle.write(journal, known))
    journal.write("end", status=status)
    return Ending(status, bundle.write(journal, known))


def _steps(trial: Trial, minutes: int, say: Say) -> None:
    """Do the steps that are not done, and write down why they end."""
    journal = trial.journal
    try:
        with Stop() as stop:
            ends_at = time.monotonic() + minutes * 60
            _run(replace(trial, patience=Patience(stop, ends_at)), STEPS, say)
        journal.write("cleaning", why="all steps are done", status=0)
    except OverError as over:
        say(f"The steps end here: {over}.")
        journal.write("cleaning", why=str(over), status=over.status)
    except KeyboardInterrupt:
        journal.write("cleaning", why="it was interrupted twice", status=130)
        say(f"The stack {trial.pulumi.stack} is still there; {_again(trial)}.")
        raise


def _run(trial: Trial, steps: Sequence[Step], say: Say) -> None:
    """Do those of `steps` that are not done yet, one after the other. OverError if a step fails that others need."""
    for step in steps:
        before = trial.journal.steps.get(step.name)
        if before and not (before["problems"] and step in CLEANING):
            say(f"{step.name}: done before")
            _refuse_to_go_on(step, before["problems"])
            continue
        if step.asks and not trial.can_ask:
            say(
                f"{step.name}: left out, as access is {trial.journal.head['access']} and --header is not given"
            )
            continue
        trial.patience.check()
        say(f"{step.name}: {step.title}")
        _told(trial, step, say)


def _told(trial: Trial, step: Step, say: Say) -> None:
    """Do one step, write it down and say how it went."""
    began = time.monotonic()
    try:
        findings = step.do(trial)
    except UserError as failure:
        findings = Found([str(failure)])
    except OverError:
        raise
    except Exception as failure:  # noqa: BLE001 - whatever it is, everything has to be taken away
        findings = _unforeseen(trial, step, failure)
    seconds = round(time.monotonic() - began, 1)
    trial.journal.write(
        "step",
        name=step.name,
        seconds=seconds,
        problems=findings.problems,
        notes=findings.notes,
        facts=findings.facts,
    )
    for line in (*findings.notes, *(f"PROBLEM: {problem}" for problem in findings.problems)):
        say(f"  {line}")
    say(f"{step.name}: {'a problem' if findings.problems else 'fine'}, {seconds:g} s")
    _refuse_to_go_on(step, findings.problems)


def _refuse_to_go_on(step: Step, problems: Sequence[str]) -> None:
    """OverError if others need `step`, and it has failed."""
    if problems and not step.asks and step not in CLEANING:
        raise OverError(f"the step {step.name} has failed", 1)


def _unforeseen(trial: Trial, step: Step, failure: Exception) -> Found:
    """A fault of the trial's own, which is no reason to leave behind what costs money; its traceback is logged."""
    with (trial.journal.folder / f"{step.name}.log").open("a", encoding="utf-8") as log:
        log.writelines(traceback.format_exception(failure))
    return Found([f"a fault of the trial itself, {type(failure).__name__}: {failure}"])


def _known(trial: Trial, say: Say) -> Mapping[str, str]:
    """What the bundle must not hold, by what stands in its place; the stack is asked while it is there."""
    try:
        values = stack.own_values(trial.pulumi)
    except UserError:
        values = dict[str, str]()
        say("  the settings cannot be read any more; the logs hold no values of them")
    known = {value: f"[{name}]" for name, value in values.items()}
    known |= {value: f"[{name}]" for name, value in trial.asker.secrets(os.environ).items()}
    return {**known, **secrets_of(os.environ), **_project(trial)}


def _project(trial: Trial) -> dict[str, str]:
    project = str(trial.journal.head.get("cloud_project") or "")
    return {project: "[PROJECT]"} if project else {}


def _is_removed(trial: Trial) -> bool:
    last = trial.journal.steps.get("remove")
    return bool(last and not last["problems"])


def _again(trial: Trial) -> str:
    return f"`make trial STACK={trial.journal.head['stack']}` takes it away"
