"""Command lines into runs, reports and gates; every error is one line on standard error."""

import random
import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from typer.exceptions import Abort, TyperException

from compare.errors import CompareError
from compare.plan import Plan
from compare.request import Request, header
from compare.sample import Connection
from compare.targets import LOCAL, Target, distinct, from_file, typed
from compare.units import seconds, share

ROUNDS = 300
# What "until" options such as --precision stop at when --rounds is not given.
ROUNDS_CAP = 10_000
_PATH = "/hello"

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)

_WHAT, _HOW, _WHERE = "What is sent", "How it is measured", "Where it goes"


@app.callback()
def _compare() -> None:
    """Measure and compare the latency of what runs on AWS Lambda, Cloud Run, App Runner, or anywhere."""


@app.command()
def run(  # noqa: PLR0913, PLR0917 -- each is one option of the command line
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"{', '.join(LOCAL)} (the default), a Pulumi stack's name, or NAME=URL", show_default=False
        ),
    ] = None,
    targets_file: Annotated[
        Path | None,
        typer.Option("--targets", metavar="FILE", help="a TOML file of targets (docs/compare.md)"),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="HTTP method; POST where there is a body", rich_help_panel=_WHAT)
    ] = None,
    path: Annotated[str, typer.Option(help="for targets whose URL has none", rich_help_panel=_WHAT)] = _PATH,
    headers: Annotated[
        list[str] | None,
        typer.Option(
            "--header", metavar="'NAME: VALUE'", help="repeatable; ${NAME} is read from the environment"
        ),
    ] = None,
    body: Annotated[
        str | None, typer.Option(help="request body; ${NAME} is read from the environment")
    ] = None,
    expect: Annotated[int, typer.Option(help="status that counts as success")] = 200,
    cold: Annotated[
        Literal["idle", "burst", "none"],
        typer.Option(help="cold starts by leaving targets alone, by bursts, or none"),
    ] = "idle",
    cold_starts: Annotated[int, typer.Option(help="proven cold starts wanted per target")] = 10,
    idle: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="how long targets are left alone; by default as long as each keeps an instance",
        ),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help=f"warm rounds in all ({ROUNDS}); the cap of --precision ({ROUNDS_CAP})")
    ] = None,
    connection: Annotated[
        Literal["both", "kept", "fresh"], typer.Option(help="connections of warm requests")
    ] = "both",
    precision: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="measure until the primary interval is within, say, 5%"),
    ] = None,
    duration: Annotated[str | None, typer.Option(metavar="DURATION", help="measure for so long")] = None,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="longest wait for one answer")] = "30s",
    seed: Annotated[
        int | None, typer.Option(help="of the random order; recorded", show_default=False)
    ] = None,
    results: Annotated[Path, typer.Option(metavar="FOLDER", help="where runs are saved")] = Path("results"),
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress, only the result")] = False,  # noqa: FBT002
) -> None:
    """Measure targets in interleaved random rounds, prove cold starts, save every sample, and report."""
    request = Request(
        method=(method or ("POST" if body is not None else "GET")).upper(),
        headers=tuple(header(text) for text in headers or []),
        body=body,
        expect=expect,
    )
    until = precision is not None or duration is not None
    plan = Plan(
        cold=cold,
        cold_starts=cold_starts,
        idle_s=None if idle is None else seconds(idle, "--idle"),
        rounds=rounds if rounds is not None else ROUNDS_CAP if until else ROUNDS,
        connections=_connections(connection),
        precision=None if precision is None else share(precision, "--precision"),
        duration_s=None if duration is None else seconds(duration, "--duration"),
        timeout_s=seconds(timeout, "--timeout"),
        seed=random.SystemRandom().randrange(2**31) if seed is None else seed,
    )
    chosen = _targets(targets, targets_file, request, path)
    from compare.run import Output, measure  # noqa: PLC0415 -- scipy takes a second that a usage error need not wait

    raise typer.Exit(measure(chosen, plan, Output(results, _console(), _command(), quiet=quiet)))


def main() -> None:
    """Run the command line and exit with its status; what a user can put right is one line on standard error."""
    try:
        status = app(standalone_mode=False)
    except CompareError as failure:
        status = _failed(str(failure), failure.status)
    except TyperException as failure:
        status = _failed(failure.format_message(), 2)
    except (Abort, KeyboardInterrupt):
        status = 130
    sys.exit(status if isinstance(status, int) else 0)


def _failed(text: str, status: int) -> int:
    print(f"compare: {' '.join(text.split())}", file=sys.stderr)
    return status


def _connections(chosen: Literal["both", "kept", "fresh"]) -> tuple[Connection, ...]:
    return ("kept", "fresh") if chosen == "both" else (chosen,)


def _targets(words: list[str] | None, file: Path | None, request: Request, path: str) -> list[Target]:
    found = from_file(file, request, path) if file else []
    return distinct([*found, *typed(words or ([] if file else LOCAL), request, path)])


def _console() -> Console:
    """The terminal, or for a file or pipe as many columns as the table needs."""
    console = Console()
    return console if console.is_terminal else Console(width=160, highlight=False)


def _command() -> str:
    return shlex.join(["python", "-m", "compare", *sys.argv[1:]])
