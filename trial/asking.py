"""The service itself, asked over HTTP as its clients do: whether it answers, with which build, and how fast."""

import http.client
import os
import random
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from commandline import UserError
from compare.targets.request import Filled, Request, filled
from compare.targets.target import Target, typed
from runs.plan import Plan
from terminal import console
from trial.patience import OverError, Patience

PAUSE_S = 3.0
TIMEOUT_S = 30.0
TIMES = 3
ROUNDS = 20


@dataclass(frozen=True)
class Answer:
    """One answer: its status, or 0 with why there was none; the build and the instance that it names."""

    status: int
    seconds: float
    build: str = ""
    request_of_instance: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Asker:
    """How the service is asked: app.toml's request with headers, and a URL in place of the stack's own, or None.

    wait_s: how long a new address may need until it answers, and a deleted one until it does not.
    """

    request: Request
    path: str
    wait_s: float
    url: str | None = None
    has_headers: bool = False

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise UserError(f"--path is {self.path!r}; it begins with /")

    def secrets(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The values in the headers that come from `environment`, by name. UserError for a variable that is not set."""
        return dict(filled(replace(self.request, url="http://localhost/"), environment).secrets)

    def target(self, outputs: dict[str, Any], builds: tuple[str, ...]) -> Target:
        """The deployed service as the comparison names one."""
        url = (self.url or str(outputs["url"])).rstrip("/") + self.path
        [targets] = typed([f"{outputs['platform']}={url}"], self.request, self.path)
        return replace(targets, platform=str(outputs["platform"]), builds=builds)

    def answers(
        self, outputs: dict[str, Any], builds: tuple[str, ...], patience: Patience
    ) -> tuple[list[str], dict[str, Any]]:
        """Ask until it answers as it should, and some times more; returns what was wrong, and the answers."""
        request = filled(self.target(outputs, builds).request, os.environ)
        began, given = time.monotonic(), list[Answer]()
        while True:
            given.append(ask(request))
            is_good = not _wrong(given[-1], request, builds)
            if is_good or time.monotonic() - began > self.wait_s:
                break
            patience.wait(PAUSE_S)
        for _ in range(TIMES if is_good else 0):
            patience.check()
            given.append(ask(request))
        last = given[-TIMES - 1 :] if is_good else given[-1:]
        wrong = [problem for answer in last for problem in _wrong(answer, request, builds)]
        facts = {
            "waited_s": round(time.monotonic() - began, 1),
            "answers": [asdict(of) for of in given[-20:]],
        }
        return list(dict.fromkeys(wrong)), facts

    def gone(self, outputs: dict[str, Any], builds: tuple[str, ...], patience: Patience) -> list[str]:
        """Ask until no build of the stack answers any more; returns a problem if one still does."""
        request = filled(self.target(outputs, builds).request, os.environ)
        began = time.monotonic()
        while (answer := ask(request)).build and answer.build in builds:
            if time.monotonic() - began > self.wait_s:
                return [
                    f"{self.path} is still answered by the build {answer.build}, though the stack is gone"
                ]
            patience.wait(PAUSE_S)
        return []

    def compare(
        self, outputs: dict[str, Any], builds: tuple[str, ...], folder: Path
    ) -> tuple[list[str], dict[str, Any]]:
        """A short run of the comparison on the one service; returns the problems in its report, and its folder."""
        from compare import run  # noqa: PLC0415 -- scipy takes a second that a usage error need not wait for

        plan = Plan(cold="none", rounds=ROUNDS, seed=random.SystemRandom().randrange(2**31))
        output = run.Output(folder / "compare", console(), "python -m trial", quiet=True)
        measured = run.measure([self.target(outputs, builds)], plan, output)
        run.show(measured, output)
        if measured.interrupted:
            raise OverError("it was interrupted", measured.interrupted)
        wrong = [finding.text for finding in measured.report.findings if finding.problem]
        if measured.report.status != "complete":
            wrong.append(f"the comparison ended: {measured.report.status}")
        return wrong, {"run": str(measured.directory.relative_to(folder))}


def ask(request: Filled) -> Answer:
    """Send `request` once, on a connection of its own."""
    sent = urllib.request.Request(request.url, request.body, dict(request.headers), method=request.method)
    began = time.monotonic()
    try:
        with urllib.request.urlopen(sent, timeout=TIMEOUT_S) as answer:
            answer.read()
            status, headers = answer.status, answer.headers
    except urllib.error.HTTPError as refusal:
        status, headers = refusal.code, refusal.headers
        refusal.close()
    except (OSError, http.client.HTTPException) as failure:
        return Answer(
            0,
            round(time.monotonic() - began, 3),
            failure=request.redact(str(failure) or type(failure).__name__),
        )
    seconds = round(time.monotonic() - began, 3)
    return Answer(status, seconds, headers.get("X-Build-Id") or "", headers.get("X-Instance-Request") or "")


def _wrong(answer: Answer, request: Filled, builds: tuple[str, ...]) -> list[str]:
    if not answer.status:
        return [f"no answer: {answer.failure}"]
    if answer.status != request.expect:
        return [f"the answer has status {answer.status}, not {request.expect}"]
    if builds and answer.build not in builds:
        return [f"the answer is of build {answer.build or 'none'}, not of {' or '.join(builds)}"]
    return []
