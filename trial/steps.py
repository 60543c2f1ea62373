"""What a trial does, one step after the other; each can be done again, and says what was wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compare.targets.endpoints import builds_of
from trial import checks
from trial.asking import Asker
from trial.engine import Done, Pulumi
from trial.journal import Journal
from trial.patience import Patience
from trial.stack import VARIABLE

SHARE = 10  # percent of the canary
_VARIABLE = f"environment.{VARIABLE}"


@dataclass
class Found:
    """What a step found: what is wrong, what is worth a line besides, and facts for the bundle."""

    problems: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Trial:
    """All that a step needs. can_ask: whether the service answers whoever asks as this trial does."""

    pulumi: Pulumi
    asker: Asker
    journal: Journal
    patience: Patience
    can_ask: bool

    def up(self, step: str, *options: str) -> Done:
        """A bare `pulumi up`, which is logged under the step's name."""
        log = self.journal.folder / f"{step}.log"
        return self.pulumi.run(log, self.patience, "up", "--yes", "--skip-preview", *options)

    def outputs(self) -> dict[str, Any]:
        """What the stack says of itself."""
        outputs: dict[str, Any] = self.pulumi.ask("stack", "output", "--json", "--stack", self.pulumi.stack)
        return outputs

    def outputs_of(self, step: str) -> dict[str, Any]:
        """What the stack said of itself at the end of a step that was done."""
        return dict(self.journal.steps[step]["facts"]["outputs"])

    def set(self, **settings: object) -> None:
        """Set keys of the stack's settings."""
        pairs = [f"--plaintext={key}={value}" for key, value in settings.items()]
        self.pulumi.do("config", "set-all", "--path", *pairs, "--stack", self.pulumi.stack)


def up(trial: Trial) -> Found:
    """Deploy; if that fails, once more, as a reader of the message would do."""
    findings, done = Found(), trial.up("up")
    if done.status:
        findings.notes.append(f"the first up failed ({done.error}); a bare up was tried again")
        done = trial.up("up")
    return _deployed(trial, findings, done, checks.deployed)


def answers(trial: Trial) -> Found:
    """Ask whether it answers, and with the build that the stack names."""
    outputs = trial.outputs_of("up")
    problems, facts = trial.asker.answers(outputs, builds_of(outputs), trial.patience)
    return Found(problems, facts=facts)


def compare(trial: Trial) -> Found:
    """Measure it for a minute."""
    outputs = trial.outputs_of("up")
    problems, facts = trial.asker.compare(outputs, builds_of(outputs), trial.journal.folder)
    return Found(problems, facts=facts)


def unchanged(trial: Trial) -> Found:
    """Deploy again what is there, which changes nothing."""
    done = trial.up("unchanged", "--expect-no-changes")
    before = trial.outputs_of("up")
    findings = _deployed(trial, Found(), done, checks.deployed)
    if not done.status and findings.facts["outputs"] != before:
        findings.problems.append("the outputs of an unchanged up are not those of the up before")
    return findings


def number(trial: Trial) -> Found:
    """Change one number, the memory."""
    trial.set(memory=trial.journal.head["other_memory"])
    done = trial.up("number")
    return _and_asked(
        trial, _deployed(trial, Found(), done, lambda after: checks.changed(trial.outputs_of("up"), after))
    )


def canary(trial: Trial) -> Found:
    """Deploy a release for a share of the traffic; on platforms without canaries, for all of it."""
    before = trial.outputs_of("number")
    trial.set(**{_VARIABLE: "canary"})
    if not checks.keeps_releases(before):
        findings = Found(
            notes=["the platform keeps no release for a canary: the change got all of the traffic"]
        )
        done = trial.up("canary")
        return _and_asked(trial, _deployed(trial, findings, done, checks.deployed))
    trial.set(canaryPercent=SHARE)
    done = trial.up("canary")
    return _and_asked(
        trial, _deployed(trial, Found(), done, lambda after: checks.canary(before, after, SHARE))
    )


def back(trial: Trial) -> Found:
    """Take the canary back."""
    before = trial.outputs_of("number")
    if not checks.keeps_releases(before):
        trial.pulumi.do("config", "rm", "--path", _VARIABLE, "--stack", trial.pulumi.stack)
        return _and_asked(trial, _deployed(trial, Found(), trial.up("back"), checks.deployed))
    trial.set(canaryPercent=0)
    done = trial.up("back")
    return _and_asked(trial, _deployed(trial, Found(), done, lambda after: checks.canary(before, after, 0)))


def _deployed(
    trial: Trial, findings: Found, done: Done, check: Callable[[Mapping[str, Any]], list[str]]
) -> Found:
    """`found` with how an `up` ended and what its outputs say."""
    findings.facts["up_s"] = round(done.seconds, 1)
    if done.status:
        findings.problems.append(f"pulumi up failed: {done.error}")
        return findings
    findings.facts["outputs"] = outputs = trial.outputs()
    findings.problems += check(outputs)
    return findings


def _and_asked(trial: Trial, findings: Found) -> Found:
    """`found` with what the service answers after a change."""
    if findings.problems or not trial.can_ask:
        return findings
    outputs = findings.facts["outputs"]
    problems, facts = trial.asker.answers(outputs, builds_of(outputs), trial.patience)
    findings.problems += problems
    findings.facts |= facts
    return findings


@dataclass(frozen=True)
class Step:
    """One step. asks: it does nothing but ask the service, so that the next one can go on if it finds a problem."""

    name: str
    title: str
    do: Callable[[Trial], Found]
    asks: bool = False


STEPS = (
    Step("up", "deploy", up),
    Step("answers", "ask it for its build", answers, asks=True),
    Step("compare", "measure it for a minute", compare, asks=True),
    Step("unchanged", "deploy the same again", unchanged),
    Step("number", "change one number, the memory", number),
    Step("canary", f"give a new release {SHARE}% of the traffic", canary),
    Step("back", "take that back", back),
)
