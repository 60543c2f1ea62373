"""The Pulumi command on one stack: what each run of it says goes to a file, and an interrupt reaches it in order."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from commandline import UserError, printable
from trial.patience import OverError, Patience

PROJECT = Path(__file__).parents[1]
_SHORT_S = 180  # for a command that asks for something, and deploys nothing
_LOOK_S = 0.2
_KILL_S = 20
_ERROR = re.compile(r"^ *error: (.+(?:\n\s*\*.+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit status, how long it took, and all that it said."""

    status: int
    seconds: float
    text: str

    @property
    def error(self) -> str:
        """The errors that Pulumi printed, as one line."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        return "; ".join(errors(self.text)) or (lines[0].strip() if lines else f"exit status {self.status}")


def errors(text: str) -> list[str]:
    """Each error in what Pulumi said, once, with the lines that belong to it; not the one that an update has failed.

    Providers put a list of lines that begin with "*" below an error.
    """
    messages = [" ".join(match[1].split()) for match in _ERROR.finditer(text)]
    return [each for each in dict.fromkeys(messages) if each != "update failed"] or messages[:1]


@dataclass(frozen=True)
class Pulumi:
    """The Pulumi CLI on `stack`. lock: a file descriptor that each command holds, so that no other trial begins."""

    stack: str
    lock: int
    say: Callable[[str], None]

    def ask(self, *arguments: str) -> Any:
        """What a short command answers as JSON. UserError with Pulumi's own words if it fails."""
        text = self.do(*arguments).text
        try:
            return json.loads(text)
        except ValueError:
            raise UserError(
                f"pulumi {' '.join(arguments[:2])} answered what is no JSON: {text[:80]!r}", 1
            ) from None

    def do(self, *arguments: str, may_fail: bool = False) -> Done:
        """Run a short command. UserError with Pulumi's own words if it fails."""
        began = time.monotonic()
        command = _command(*arguments)
        try:
            done = subprocess.run(
                command,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SHORT_S,
                check=False,
                process_group=0,
                pass_fds=[self.lock],
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"{' '.join(command[1:])} did not end within {_SHORT_S} s", 1) from None
        text = done.stdout if not done.returncode else f"{done.stdout}\n{done.stderr}"
        result = Done(done.returncode, time.monotonic() - began, text)
        if done.returncode and not may_fail:
            raise UserError(f"pulumi {' '.join(arguments[:2])}: {result.error}", 1)
        return result

    def run(self, log: Path, patience: Patience, *arguments: str) -> Done:
        """Run a command that deploys, show what it says and write it to `log`.

        When the trial has to end, Pulumi is asked to end first, which finishes what it is at; then OverError.
        """
        began = time.monotonic()
        with (
            log.open("a", encoding="utf-8") as file,
            subprocess.Popen(
                _command(*arguments, "--stack", self.stack),
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                process_group=0,  # else Ctrl-C would reach it too, and a second one would kill it
                pass_fds=[self.lock],
            ) as process,
        ):
            said = list[str]()
            reader = threading.Thread(target=self._tee, args=(process.stdout, file, said))
            reader.start()
            try:
                over = self._wait(process, patience)
            finally:
                reader.join()
        if over is not None:
            raise over
        return Done(process.returncode, time.monotonic() - began, "".join(said))

    def _wait(self, process: subprocess.Popen[str], patience: Patience) -> OverError | None:
        """Wait for the end of `process`; returns why it was asked to end, if it was."""
        over: OverError | None = None
        try:
            while process.poll() is None:
                try:
                    if over is None:
                        patience.wait(_LOOK_S)
                    else:
                        process.wait()
                except OverError as reason:
                    over = reason
                    self.say("Pulumi is asked to end; it finishes what it is at.")
                    process.send_signal(signal.SIGINT)
        except KeyboardInterrupt:
            _kill(process)
            raise
        return over

    def _tee(self, source: IO[str], file: IO[str], said: list[str]) -> None:
        for line in source:
            said.append(line)
            file.write(line)
            file.flush()
            if line.strip() and not line.startswith("@ "):
                self.say(f"  {line.rstrip()}")


def refuse_without_sdks() -> None:
    """UserError if Pulumi, or what its program imports, is not installed."""
    _command()
    text = (PROJECT / "Pulumi.yaml").read_text(encoding="utf-8")
    folder = re.search(r"^ *virtualenv: *(\S+)", text, re.MULTILINE)
    if folder and not (PROJECT / folder[1]).exists():
        raise UserError(f"the SDKs are not there (no {folder[1]}); type `pulumi install`, once")


def _kill(process: subprocess.Popen[str]) -> None:
    """End Pulumi at once, by a second signal; the outcome of its current work stays unknown to its state."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_KILL_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(*arguments: str) -> list[str]:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise UserError(
            "the pulumi command is not there: https://www.pulumi.com/docs/iac/download-install/ says how to get it"
        )
    return [pulumi, *arguments, "--non-interactive", "--color", "never"]


def show(text: str) -> None:
    """Print a line of others' text, without what a terminal would act by."""
    print(printable(text))
    sys.stdout.flush()
