"""Command lines into runs, reports and gates; every error is one line on standard error."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

import commandline
import terminal
from compare import options
from compare.targets.target import DEFAULT, LOCAL
from compare.units import share

app = typer.Typer(
    cls=commandline.Commands, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False
)
_Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET",
        help=f"{', '.join(LOCAL)}, NAME=URL, or a Pulumi stack's name [{', '.join(DEFAULT)}]",
    ),
]


@app.callback()
def _compare() -> None:
    """Measure and compare the latency of services on AWS Lambda, Cloud Run, App Runner, ECS, or anywhere."""


@app.command(cls=commandline.Command)
def run(  # noqa: PLR0913, PLR0917 -- each is one option of the command line
    context: typer.Context,
    targets: _Targets = None,
    targets_file: options.TargetsFile = None,
    method: options.Method = None,
    path: options.UrlPath = None,
    headers: options.Headers = None,
    body: options.Body = None,
    expect: options.Expect = None,
    cold: options.Cold = "idle",
    cold_starts: options.ColdStarts = 10,
    burst: options.Burst = 10,
    idle: options.Idle = None,
    rounds: options.Rounds = None,
    connection: options.Connections = "both",
    precision: options.Precision = None,
    duration: options.Duration = None,
    rate: Annotated[
        float | None,
        typer.Option(metavar="N", help="then N requests a second to each target, also while it is slow"),
    ] = None,
    load_duration: Annotated[
        str, typer.Option(metavar="DURATION", help="for so long per target")
    ] = options.LOAD_DURATION,
    load_connections: Annotated[
        int, typer.Option(help="number of connections per target")
    ] = options.LOAD_CONNECTIONS,
    primary: options.Primary = "p50",
    timeout: options.Timeout = "30s",
    seed: options.Seed = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="go on with a run that was interrupted")
    ] = None,
    aa: Annotated[  # noqa: FBT002 -- a flag
        bool, typer.Option("--aa", help="measure one target against itself: the noise floor of this tool")
    ] = False,
    monthly: Annotated[
        int, typer.Option(min=0, metavar="N", help="compute the costs of N requests a month; 0: no costs")
    ] = 40_000,
    place: options.Place = None,
    results: options.Results = Path("results"),
    quiet: options.Quiet = False,  # noqa: FBT002 -- a flag
) -> None:
    """Measure targets in interleaved random rounds, prove cold starts, save every sample, and report."""
    if resume:
        options.refuse_with_resume(context)
    if aa:
        options.refuse_with_aa(context)
    plan = options.PlanOptions(
        cold=cold,
        cold_starts=cold_starts,
        burst=burst,
        idle=idle,
        rounds=rounds,
        connection=connection,
        precision=precision,
        duration=duration,
        primary=primary,
        timeout=timeout,
        seed=seed,
        rate=rate,
        load_duration=load_duration,
        load_connections=load_connections,
    ).plan()
    request, path = options.request_of(method, headers, body, expect, path)
    from compare import commands  # noqa: PLC0415 -- scipy takes a second that a usage error need not wait for

    output = commands.Output(
        results,
        terminal.console(),
        _command(),
        quiet=quiet,
        monthly=monthly,
        place=options.place_of(place),
    )
    if resume:
        raise typer.Exit(commands.resume(resume, output))
    if aa and not targets and not targets_file:
        targets = ["local:aws"]
    chosen = options.targets_of(targets, targets_file, request, path)
    raise typer.Exit(commands.aa(chosen, plan, output) if aa else commands.run(chosen, plan, output))


@app.command(cls=commandline.Command)
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="folders in results/")],
    form: Annotated[
        Literal["text", "html", "json", "markdown", "csv"],
        typer.Option("--format", help="what to make of them"),
    ] = "text",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="instead of standard output")] = None,
    merge: Annotated[  # noqa: FBT002 -- a flag
        bool, typer.Option("--merge", help="an error if they are not of one plan and the same targets")
    ] = False,
) -> None:
    """Render saved runs again: several side by side, and of one plan with the verdict over all of them."""
    from compare import commands  # noqa: PLC0415 -- as above

    raise typer.Exit(commands.report(runs, form, output, terminal.console(), merge=merge))


@app.command(cls=commandline.Command)
def gate(  # noqa: PLR0913, PLR0917 -- each is one option of the command line
    context: typer.Context,
    baseline: Annotated[str, typer.Option(metavar="TARGET", help="what runs now", show_default=False)],
    candidate: Annotated[
        str, typer.Option(metavar="TARGET", help="what would replace it", show_default=False)
    ],
    max_slowdown: Annotated[str, typer.Option(metavar="SHARE", help="how much slower it may be")] = "10%",
    max_failures: Annotated[str, typer.Option(metavar="SHARE", help="how many requests may fail")] = "0%",
    saved: Annotated[
        Path | None, typer.Option("--run", metavar="RUN", help="decide on two targets of a saved run instead")
    ] = None,
    targets_file: options.TargetsFile = None,
    method: options.Method = None,
    path: options.UrlPath = None,
    headers: options.Headers = None,
    body: options.Body = None,
    expect: options.Expect = None,
    cold: options.Cold = "none",
    cold_starts: options.ColdStarts = 10,
    burst: options.Burst = 10,
    idle: options.Idle = None,
    rounds: options.Rounds = None,
    connection: options.Connections = "kept",
    precision: options.Precision = None,
    duration: options.Duration = None,
    primary: options.Primary = "p50",
    timeout: options.Timeout = "30s",
    seed: options.Seed = None,
    place: options.Place = None,
    results: options.Results = Path("results"),
    quiet: options.Quiet = False,  # noqa: FBT002 -- a flag
) -> None:
    """Stop a slower deployment: 0 fast enough, 1 too slow, 2 undecided or wrong usage, 3 broken."""
    options.refuse_apart((baseline, candidate))
    if saved:
        options.refuse_with_saved(context)
    plan = options.PlanOptions(
        cold=cold,
        cold_starts=cold_starts,
        burst=burst,
        idle=idle,
        rounds=rounds,
        connection=connection,
        precision=precision,
        duration=duration,
        primary=primary,
        timeout=timeout,
        seed=seed,
    ).plan()
    slowdown = share(max_slowdown, "--max-slowdown")
    failures = share(max_failures, "--max-failures")
    from compare import commands  # noqa: PLC0415 -- as above

    output = commands.Output(
        results, terminal.console(), _command(), quiet=quiet, place=options.place_of(place)
    )
    if saved:
        limit = commands.Limit(baseline, candidate, slowdown, failures)
        raise typer.Exit(commands.gate_saved(saved, limit, output, primary))
    request, path = options.request_of(method, headers, body, expect, path)
    chosen = options.pair_of(baseline, candidate, targets_file, request, path)
    limit = commands.Limit(chosen[0].name, chosen[1].name, slowdown, failures)
    raise typer.Exit(commands.gate(chosen, plan, limit, output))


def main() -> None:
    """Run the command line and exit with its status."""
    commandline.run(app, "compare")


def _command() -> str:
    return shlex.join(["python", "-m", "compare", *sys.argv[1:]])
