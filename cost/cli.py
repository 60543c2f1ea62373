"""Command lines into bills and advice; every error is one line on standard error."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import commandline
from commandline import UserError
from cost import own_prices
from cost.advise import advise
from cost.bill import Usage, bill
from cost.candidates import REGIONS, Question, assumptions, candidates
from cost.options import (
    OUTPUT,
    TIMES,
    TRAFFIC,
    Arm,
    AwsRegion,
    Concurrency,
    DoorOption,
    Durations,
    GcpRegion,
    ImageGb,
    Json,
    LogBytes,
    Memory,
    Minimum,
    Platforms,
    PriceFile,
    ResponseKb,
    Snapstart,
    Vcpu,
    Waiting,
    Zones,
    question_of,
)
from cost.report import data, html, text
from cost.simulation import expected, logs, timing
from cost.simulation.arrivals import MONTH, MOST_MONTHLY, PATTERNS, Arrivals, pattern, schedule
from cost.simulation.simulate import system
from platforms.prices import PriceError, Prices
from runs.sample import Connection

HOURS_OF_MONTH = MONTH / 3600

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _cost() -> None:
    """What a month costs on AWS Lambda, Cloud Run, App Runner and ECS, who would wait, and which to take."""


@app.command("bill")
def bill_command(  # noqa: PLR0913 -- each is one option of the command line
    *,
    requests: Annotated[int, typer.Option(help="requests a month, at random", rich_help_panel=TRAFFIC)],
    cold_share: Annotated[
        float | None,
        typer.Option(
            help="share of the requests that start an instance; by default what is expected",
            show_default=False,
        ),
    ] = None,
    platform: Platforms = None,
    duration: Durations = None,
    waiting: Waiting = 0.0,
    memory: Memory = 512,
    vcpu: Vcpu = None,
    concurrency: Concurrency = None,
    minimum: Minimum = None,
    zones: Zones = None,
    door: DoorOption = "http-api",
    arm64: Arm = False,
    snapstart: Snapstart = False,
    image_gb: ImageGb = 0.05,
    response_kb: ResponseKb = 1.0,
    log_bytes: LogBytes = 600,
    aws_region: AwsRegion = REGIONS["aws"],
    gcp_region: GcpRegion = REGIONS["gcp"],
    prices: PriceFile = None,
    as_json: Json = False,
) -> None:
    """A month's bill as line items, with the free tiers and without them."""
    if not 0 <= requests <= MOST_MONTHLY:
        raise UserError(f"{requests} requests a month? It is 0 or more, {MOST_MONTHLY:,} at most")
    if cold_share is not None and not 0 <= cold_share <= 1:
        raise UserError(f"--cold-share {cold_share:g} is no share; it is from 0 to 1")
    known = _prices(prices)
    question = question_of(locals())
    pairs = [
        [data.of_bill(bill(one, usage, known, free_tier=free)) for free in (True, False)]
        for one, usage in (_usage(question, name, known, requests, cold_share) for name in question.platforms)
    ]
    notes = [*assumptions(question, None), _BILL_NOTE if cold_share is None else _COLD_NOTE]
    if as_json:
        print(
            json.dumps(
                {"requests": requests, "bills": [one for pair in pairs for one in pair], "notes": notes}
            )
        )
        return
    text.bills([(free, listed) for free, listed in pairs], [*notes, _FREE_NOTE], commandline.console())


@app.command("advise")
def advise_command(  # noqa: PLR0913 -- each is one option of the command line
    *,
    requests_per_hour: Annotated[
        float | None,
        typer.Option(help="requests an hour on average", show_default=False, rich_help_panel=TRAFFIC),
    ] = None,
    monthly: Annotated[
        float | None, typer.Option(help="requests a month on average", show_default=False)
    ] = None,
    rhythm: Annotated[str, typer.Option("--pattern", help=f"of those: {', '.join(PATTERNS)}")] = "steady",
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="replay a log: common log format, JSON lines or timestamps",
            show_default=False,
        ),
    ] = None,
    cron: Annotated[
        str | None,
        typer.Option(metavar="'*/5 * * * *'", help="requests by a schedule, in UTC", show_default=False),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="measured latencies, of results/RUN",
            show_default=False,
            rich_help_panel=TIMES,
        ),
    ] = None,
    connection: Annotated[Connection, typer.Option(help="which warm answers count")] = "fresh",
    duration: Durations = None,
    idle: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLATFORM=SECONDS", help="how long idle instances stay: 600, or 300-600-900; repeatable"
        ),
    ] = None,
    waiting: Waiting = 0.0,
    p95: Annotated[
        float | None,
        typer.Option(help="seconds that 95% of the requests have to stay within", show_default=False),
    ] = None,
    existing_customer: Annotated[
        bool, typer.Option("--existing-customer", help="App Runner can be recommended")
    ] = False,
    platform: Platforms = None,
    memory: Memory = 512,
    vcpu: Vcpu = None,
    concurrency: Concurrency = None,
    minimum: Minimum = None,
    zones: Zones = None,
    door: DoorOption = "http-api",
    arm64: Arm = False,
    snapstart: Snapstart = False,
    image_gb: ImageGb = 0.05,
    response_kb: ResponseKb = 1.0,
    log_bytes: LogBytes = 600,
    aws_region: AwsRegion = REGIONS["aws"],
    gcp_region: GcpRegion = REGIONS["gcp"],
    prices: PriceFile = None,
    replications: Annotated[
        int | None, typer.Option(help="simulated months; by default 8 to 200", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="the same seed gives the same months")] = 0,
    page: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="write a page with charts", rich_help_panel=OUTPUT),
    ] = None,
    chart: Annotated[bool, typer.Option(help="draw the bills over traffic")] = True,
    as_json: Json = False,
) -> None:
    """Which platform for this traffic: who waits, what it costs, where another becomes cheaper."""
    known = _prices(prices)
    arrivals, notes = _arrivals(requests_per_hour, monthly, rhythm, log, cron)
    found, more = candidates(question_of(locals()), known, timing.read(run, connection) if run else None)
    if p95 is not None and not 0 < p95 < float("inf"):
        raise UserError(f"--p95 {p95:g}: a limit is above 0 s")
    report = data.of_advice(
        advise(
            arrivals,
            found,
            known,
            limit_s=p95,
            closed=existing_customer,
            replications=replications,
            seed=seed,
            notes=[*notes, *more],
        )
    )
    if page:
        html.write(report, page)
    if as_json:
        print(json.dumps(report))
        return
    text.advice(report, commandline.console(), chart=chart)
    if page:
        print(f"\n{page} has the charts and every bill's line items.")


def main() -> None:
    """Run the command line and exit with its status."""
    commandline.run(app, "cost", errors=[PriceError])


_FREE_NOTE = "Free tiers are taken whole; anything else in the same account uses them up as well."
_BILL_NOTE = (
    "Starts and overlaps are what is expected of requests at random, with published starts and idle times."
)
_COLD_NOTE = "Starts are as asked, overlaps what is expected of requests at random."


def _prices(path: Path | None) -> Prices:
    known = own_prices.load(path)
    if warning := known.stale(datetime.now(UTC).date()):
        print(f"cost: {warning}", file=sys.stderr)
    return known


def _usage(
    question: Question, name: str, prices: Prices, requests: int, cold_share: float | None
) -> tuple[Any, Usage]:
    """A platform's deployment and what is expected of it."""
    one = system(question.setup(name, prices), question.timing(name, None), prices)
    return one.setup, expected.usage(one, requests, cold_share=cold_share)


def _arrivals(
    per_hour: float | None, monthly: float | None, rhythm: str, log: Path | None, cron: str | None
) -> tuple[Arrivals, list[str]]:
    """The traffic, given in exactly one way, and notes on what of it could not be read."""
    given = [name for name, value in _ways(per_hour, monthly, log, cron) if value is not None]
    if len(given) != 1:
        ways = "--requests-per-hour, --monthly, --log or --cron"
        raise UserError(f"give the traffic in one way: {ways}; given: {', '.join(given) or 'none'}")
    if log:
        read = logs.read(log)
        lines = [
            f"{log}: {read.unread:,} of {read.unread + read.requests:,} lines have no time that could be read, such as"
        ]
        return read.arrivals, [*lines, *(f"  {line}" for line in read.examples)] if read.unread else []
    if cron:
        return schedule(cron), []
    return pattern(rhythm, monthly if monthly is not None else (per_hour or 0.0) * HOURS_OF_MONTH), []


def _ways(
    per_hour: float | None, monthly: float | None, log: Path | None, cron: str | None
) -> list[tuple[Literal["--requests-per-hour", "--monthly", "--log", "--cron"], Any]]:
    return [("--requests-per-hour", per_hour), ("--monthly", monthly), ("--log", log), ("--cron", cron)]
