"""Takes away all that a trial made, and looks for it afterwards, so that nobody pays for what is left."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compare.targets.endpoints import builds_of
from trial import left, stack
from trial.steps import Found, Step, Trial

STATE = "state.json"


def destroy(trial: Trial) -> Found:
    """Take everything away; if that fails, try again, because a resource may be held by one that has just gone."""
    findings = Found()
    state = _state(trial)
    kept = trial.journal.folder / STATE
    if left.there(state) and not kept.exists():
        _written(trial, STATE, state)
    findings.problems += [
        f"nobody knows whether this is there, as Pulumi was ended at it: {what}"
        for what in left.unknown(state)
    ]
    outputs = trial.outputs()
    done = _destroyed(trial)
    if done.status:
        findings.notes.append(f"the first destroy failed ({done.error}); it was tried again")
        done = _destroyed(trial)
    findings.facts |= {"destroy_s": round(done.seconds, 1), "destroyed": not done.status}
    if done.status:
        findings.problems.append(f"pulumi destroy failed: {done.error}")
    elif trial.can_ask and outputs.get("url"):
        findings.problems += trial.asker.gone(outputs, builds_of(outputs), trial.patience)
    return findings


def look(trial: Trial) -> Found:
    """Ask the cloud for each thing that the stack had, and take away what should have gone with it."""
    kept = trial.journal.folder / STATE
    if not trial.journal.steps["destroy"]["facts"].get("destroyed"):
        return Found(notes=["nothing is looked for, as the destroy failed"])
    if not kept.exists():
        return Found(notes=["nothing was made"])
    findings = Found()
    before: Mapping[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    place = _written(trial, "look.json", left.to_look_at(before))
    trial.pulumi.do("stack", "import", "--file", str(place), "--stack", trial.pulumi.stack)
    log = trial.journal.folder / "left.log"
    done = trial.pulumi.run(log, trial.patience, "refresh", "--yes", "--skip-preview")
    if done.status:
        findings.problems.append(
            f"the cloud could not be asked for what is left: {done.error}. The stack had: "
            + "; ".join(left.there(before))
        )
        _empty(trial)
        return findings
    state = _state(trial)
    findings.facts |= {"asked_for": len(left.there(left.to_look_at(before))), "stays": left.stays(state)}
    if remains := left.goes(state):
        again = _destroyed(trial)
        outcome = "it is gone now" if not again.status else f"a second destroy failed: {again.error}"
        findings.problems += [f"{what} was left after the destroy; {outcome}" for what in remains]
        if again.status:
            return findings
    findings.notes += [f"stays on purpose: {what}" for what in left.stays(state)]
    _empty(trial)
    return findings


def remove(trial: Trial) -> Found:
    """Take away the stack's own record, with its file of settings."""
    done = stack.remove(trial.pulumi)
    return Found([f"pulumi stack rm failed: {done.error}"] if done.status else [])


def _destroyed(trial: Trial) -> Any:
    log = trial.journal.folder / "destroy.log"
    return trial.pulumi.run(log, trial.patience, "destroy", "--yes", "--skip-preview")


def _state(trial: Trial) -> dict[str, Any]:
    state: dict[str, Any] = trial.pulumi.ask("stack", "export", "--stack", trial.pulumi.stack)
    return state


def _empty(trial: Trial) -> None:
    """Empty the state: what stays on purpose must not be deleted, and must not hold up the stack's end."""
    state = _state(trial)
    state["deployment"]["resources"] = []
    place = _written(trial, "empty.json", state)
    trial.pulumi.do("stack", "import", "--file", str(place), "--stack", trial.pulumi.stack)


def _written(trial: Trial, name: str, state: Mapping[str, Any]) -> Path:
    """A state in a file of the trial's folder, whole or not at all."""
    place = trial.journal.folder / name
    half = place.with_suffix(".tmp")
    half.write_text(json.dumps(state), encoding="utf-8")
    half.replace(place)
    return place


CLEANING: tuple[Step, ...] = (
    Step("destroy", "take everything away", destroy),
    Step("left", "look for what is left", look),
    Step("remove", "remove the stack's record", remove),
)
