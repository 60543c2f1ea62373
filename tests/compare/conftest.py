"""Real servers and real runs of the command for the tests of the comparison."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from compare.cli import main
from compare.report.build import report
from compare.report.model import Report
from runs.file import read
from tests.forks import Forked

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A running test server."""

    url: str
    process: subprocess.Popen[str]

    def served(self) -> int:
        """How many requests it has answered."""
        return self._told("served")

    def seen(self) -> list[dict[str, Any]]:
        """The requests that it was sent."""
        return self._told("seen")

    def _told(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/{what}", timeout=10) as answer:
            return json.loads(answer.read())


@contextmanager
def running(*flags: str) -> Generator[Server]:
    command = [sys.executable, "-m", "tests.compare.server", *flags]
    process = Forked(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        scheme = "https" if "--tls" in flags else "http"
        yield Server(f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{port}", process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module", autouse=True)
def _forked(emulators: None) -> None:
    """No test here is about how an emulator starts."""


@pytest.fixture
def serve(processes: None) -> Iterator[Callable[..., Server]]:
    """Start a test server with flags of server.py; it is gone after the test."""
    with ExitStack() as stack:
        yield lambda *flags: stack.enter_context(running(*flags))


@dataclass(frozen=True)
class Done:
    """How the command ended, and the folder of the run that it saved."""

    status: int
    out: str
    error: str
    results: Path

    @property
    def directory(self) -> Path:
        """The one run in the results folder."""
        (found,) = self.results.iterdir()
        return found

    @property
    def report(self) -> dict[str, Any]:
        """The run's report.json."""
        return json.loads((self.directory / "report.json").read_text())

    @property
    def samples(self) -> list[dict[str, Any]]:
        """The sample records of the run."""
        records = map(json.loads, (self.directory / "samples.jsonl").read_text().splitlines())
        return [record for record in records if record["record"] == "sample"]


@dataclass(frozen=True)
class Started:
    """A running command."""

    process: subprocess.Popen[str]
    results: Path

    def wait(self) -> Done:
        """Its end, which has to come within a minute."""
        out, error = self.process.communicate(timeout=60)
        return Done(self.process.returncode, out, error, self.results)


@pytest.fixture
def compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run the command line in this process to its end, results in a folder of its own."""

    def command(*words: str) -> Done:
        results = tmp_path / "results"
        saves = bool(words) and words[0] in {"run", "gate"} and "--resume" not in words
        where = ("--results", str(results)) if saves else ()
        if saves and words[0] == "run" and "--monthly" not in words:
            where += ("--monthly", "0")  # simulating months takes a second
        monkeypatch.setattr(sys, "argv", ["compare", *words, *where])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return Done(int(exit_.value.code or 0), captured.out, captured.err, results)

    return command


@pytest.fixture
def process(processes: None, tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start `python -m compare ...` as a process of its own, results in a folder of its own."""
    with ExitStack() as stack:

        def command(*words: str, prefix: tuple[str, ...] = ()) -> Started:
            results = tmp_path / f"results-{len(list(tmp_path.iterdir()))}"
            process = Forked(
                [
                    *prefix,
                    sys.executable,
                    "-m",
                    "compare",
                    *words,
                    "--results",
                    str(results),
                    "--monthly",
                    "0",
                ],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return Started(process, results)

        yield command


@pytest.fixture(scope="session")
def saved(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run with every kind of sample: cold, warm, under load, failed; one target named to need escaping."""
    folder = tmp_path_factory.mktemp("run")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        fast = stack.enter_context(running("--idle", "0.1", "--start", "0.02"))
        slow = stack.enter_context(running("--idle", "0.1", "--start", "0.04", "--delay", "20"))
        broken = stack.enter_context(running("--status", "500", "--status-from", "60"))
        words = [
            f"fast={fast.url}",
            f"slow={slow.url}/?<b>&q='1'",
            f"broken={broken.url}",
            "--cold-starts",
            "10",
        ]
        words += [
            "--idle",
            "0.25",
            "--rounds",
            "80",
            "--rate",
            "30",
            "--load-duration",
            "1",
            "--quiet",
            "--monthly",
            "0",
        ]
        patch.setattr(sys, "argv", ["compare", "run", *words, "--results", str(folder / "results")])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 1
    (directory,) = (folder / "results").iterdir()
    return directory


@pytest.fixture(scope="session")
def made(saved: Path) -> Report:
    return report(read(saved))
