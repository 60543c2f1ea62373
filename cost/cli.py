"""Command lines into bills and advice; every error is one line on standard error."""

from pathlib import Path
from typing import Annotated

import typer

import commandline
from commandline import UserError
from cost.app import LEAST_MB, App
from cost.options import (
    OUTPUT,
    TIMES,
    TRAFFIC,
    Arm,
    AwsRegion,
    BillingOption,
    Budget,
    By,
    Concurrency,
    Cpu,
    DoorOption,
    FrontFlag,
    GcpRegion,
    ImageGb,
    Imports,
    Json,
    KeptVersions,
    LeastMemory,
    LogBytes,
    LoggedKb,
    Memory,
    Minimum,
    Platforms,
    PriceFile,
    QuestionOptions,
    ResponseKb,
    Snapstart,
    Vcpu,
    Wait,
    Zones,
)
from cost.report import file
from cost.setup import KEPT_VERSIONS, REGIONS
from cost.simulation.rhythms import PATTERNS
from platforms.prices import PriceError
from runs.sample import Connection

IMPORTS_S, IMAGE_GB, RESPONSE_KB = (float(value) for value in (App.imports_s, App.image_gb, App.response_kb))

app = typer.Typer(
    cls=commandline.Commands, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def _cost() -> None:
    """What a month costs on AWS Lambda, Cloud Run, App Runner and ECS, how many requests wait, and which to take."""


@app.command("bill", cls=commandline.Command)
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
    cpu: Cpu = None,
    wait: Wait = None,
    imports: Imports = IMPORTS_S,
    memory: Memory = 512,
    vcpu: Vcpu = None,
    concurrency: Concurrency = None,
    minimum: Minimum = None,
    zones: Zones = None,
    door: DoorOption = "http-api",
    arm64: Arm = False,
    snapstart: Snapstart = False,
    kept_versions: KeptVersions = KEPT_VERSIONS,
    billing: BillingOption = "request",
    image_gb: ImageGb = IMAGE_GB,
    response_kb: ResponseKb = RESPONSE_KB,
    log_bytes: LogBytes = App.log_bytes,
    aws_region: AwsRegion = REGIONS["aws"],
    gcp_region: GcpRegion = REGIONS["gcp"],
    prices: PriceFile = None,
    as_json: Json = False,
) -> None:
    """A month's bill as line items, with the free tiers and without them."""
    from cost import commands  # noqa: PLC0415 -- what simulates takes a moment to load, and --help is quick

    question = QuestionOptions(
        platform=platform,
        cpu=cpu,
        wait=wait,
        imports=imports,
        memory=memory,
        vcpu=vcpu,
        concurrency=concurrency,
        minimum=minimum,
        zones=zones,
        door=door,
        arm64=arm64,
        snapstart=snapstart,
        kept_versions=kept_versions,
        billing=billing,
        image_gb=image_gb,
        response_kb=response_kb,
        log_bytes=log_bytes,
        aws_region=aws_region,
        gcp_region=gcp_region,
    ).question()
    commands.bills(requests, cold_share, question, prices, as_json=as_json)


@app.command("advise", cls=commandline.Command)
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
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="replay a log of any usual format: files, folders, - for standard input; repeatable",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="leave requests of a log out, such as '/static/*'; repeatable",
            show_default=False,
        ),
    ] = None,
    counts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="replay a table of requests a minute (docs/logs.md)", show_default=False
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
    cpu: Cpu = None,
    wait: Wait = None,
    imports: Imports = IMPORTS_S,
    idle: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLATFORM=SECONDS", help="how long idle instances stay: 600, or 300-600-900; repeatable"
        ),
    ] = None,
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
    kept_versions: KeptVersions = KEPT_VERSIONS,
    billing: BillingOption = "request",
    image_gb: ImageGb = IMAGE_GB,
    response_kb: LoggedKb = None,
    log_bytes: LogBytes = App.log_bytes,
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
    front: FrontFlag = False,
    by: By = "p95",
    budget: Budget = None,
    least_memory: LeastMemory = LEAST_MB,
    context: typer.Context,
) -> None:
    """Which platform for this traffic: how many requests wait, what it costs, where another becomes cheaper."""
    from cost import commands  # noqa: PLC0415 -- what simulates takes a moment to load, and --help is quick
    from cost.front import command  # noqa: PLC0415 -- as above
    from cost.traffic import traffic  # noqa: PLC0415 -- as above

    if p95 is not None and not 0 < p95 < float("inf"):
        raise UserError(f"--p95 {p95:g}: a limit is above 0 s")
    if page:
        file.check(page)
    known = commands.prices(prices)
    asked = traffic(
        per_hour=requests_per_hour,
        monthly=monthly,
        rhythm=rhythm,
        log=log or (),
        exclude=exclude or (),
        counted=counts,
        cron=cron,
    )
    question = QuestionOptions(
        platform=platform,
        cpu=cpu,
        wait=wait,
        imports=imports,
        memory=memory,
        vcpu=vcpu,
        concurrency=concurrency,
        minimum=minimum,
        zones=zones,
        door=door,
        arm64=arm64,
        snapstart=snapstart,
        kept_versions=kept_versions,
        billing=billing,
        image_gb=image_gb,
        response_kb=asked.response_kb if response_kb is None else response_kb,
        log_bytes=log_bytes,
        aws_region=aws_region,
        gcp_region=gcp_region,
        idle=idle or (),
    ).question(asked.handling.tolist())
    measurements = commands.measurements(run, connection)
    command.check(context, front=front)
    if front:
        values = command.answer(
            question,
            asked,
            known,
            measurements,
            command.Asked(
                by, p95, budget, least_memory, command.chosen(context), existing_customer, replications, seed
            ),
        )
        command.show(values, page, as_json=as_json, chart=chart)
        return
    report = commands.advice(
        question,
        asked,
        known,
        measurements,
        limit_s=p95,
        closed=existing_customer,
        replications=replications,
        seed=seed,
    )
    commands.show(report, page, chart=chart, as_json=as_json)


def main() -> None:
    """Run the command line and exit with its status."""
    commandline.run(app, "cost", errors=[PriceError])
