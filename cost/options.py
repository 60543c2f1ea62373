"""The options that `bill` and `advise` share: their types and help, and their values as one Question."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commandline import UserError
from cost.app import App
from cost.setup import Billing, Door
from platforms import NAMES

if TYPE_CHECKING:
    from cost.candidates import Question

TRAFFIC, TIMES, WHAT, OUTPUT = "Traffic", "How long things take", "What is deployed", "Output"
FRONT = "What waiting less costs"

Platforms = Annotated[
    list[str] | None,
    typer.Option(
        "--platform", help=f"repeatable; {', '.join(NAMES)} (all of them by default)", show_default=False
    ),
]
Cpu = Annotated[
    float | None,
    typer.Option(
        help=f"CPU seconds of a request, on a whole vCPU ({App().cpu_s} by default)",
        show_default=False,
        rich_help_panel=TIMES,
    ),
]
Wait = Annotated[
    float | None,
    typer.Option(
        help=f"seconds in which a request waits for something else, such as a database ({App().wait_s} by default)",
        show_default=False,
    ),
]
Imports = Annotated[float, typer.Option(help="CPU seconds of the app's own imports, at each start")]
Memory = Annotated[int, typer.Option(help="MB of memory of an instance", rich_help_panel=WHAT)]
Vcpu = Annotated[float | None, typer.Option(help="Cloud Run's vCPUs (1 by default)", show_default=False)]
Concurrency = Annotated[
    int | None,
    typer.Option(
        help="requests at once in an instance (Cloud Run 80, App Runner 100, no limit on ECS)",
        show_default=False,
    ),
]
Zones = Annotated[
    int | None,
    typer.Option(help="availability zones of ECS's load balancer, each with an address", show_default=False),
]
Minimum = Annotated[
    int | None,
    typer.Option(help="instances kept ready (on Lambda: provisioned concurrency)", show_default=False),
]
DoorOption = Annotated[Door, typer.Option(help="what stands before Lambda")]
Arm = Annotated[bool, typer.Option("--arm64", help="Lambda on arm64")]
Snapstart = Annotated[bool, typer.Option("--snapstart", help="Lambda with SnapStart")]
KeptVersions = Annotated[int, typer.Option(help="versions kept with SnapStart, each with a snapshot")]
BillingOption = Annotated[Billing, typer.Option(help="what of Cloud Run is billed: requests or instances")]
ImageGb = Annotated[float, typer.Option(help="GB of the image in the registry")]
ResponseKb = Annotated[float, typer.Option(help="KB of a response")]
LoggedKb = Annotated[
    float | None, typer.Option(help="KB of a response; 1, or what a log says", show_default=False)
]
LogBytes = Annotated[int, typer.Option(help="bytes of the app's own log lines of a request")]
AwsRegion = Annotated[str, typer.Option(help="region of Lambda, App Runner and ECS")]
GcpRegion = Annotated[str, typer.Option(help="region of Cloud Run")]
PriceFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="your own prices over platforms/prices.toml")
]
FrontFlag = Annotated[
    bool,
    typer.Option(
        "--front",
        help="of all sizes and modes that a stack can deploy, those that no other beats in both bill and wait",
        rich_help_panel=FRONT,
    ),
]
By = Annotated[
    str,
    typer.Option(
        help="the wait of the front: p50, p95, or starts, the share that waits for one", rich_help_panel=FRONT
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="DOLLARS",
        help="of the front, pick what waits least within this bill a month",
        show_default=False,
        rich_help_panel=FRONT,
    ),
]
LeastMemory = Annotated[
    int,
    typer.Option(
        "--least-memory", metavar="MB", help="of the front: what the app needs", rich_help_panel=FRONT
    ),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead", rich_help_panel=OUTPUT)]


@dataclass(frozen=True)
class QuestionOptions:
    """The options that `bill` and `advise` share, as typed; None takes the default. Only `advise` has `idle`."""

    platform: list[str] | None
    cpu: float | None
    wait: float | None
    imports: float
    memory: int
    vcpu: float | None
    concurrency: int | None
    minimum: int | None
    zones: int | None
    door: Door
    arm64: bool
    snapstart: bool
    kept_versions: int
    billing: Billing
    image_gb: float
    response_kb: float | None
    log_bytes: int
    aws_region: str
    gcp_region: str
    idle: Sequence[str] = ()

    def question(self, handling: Sequence[float] = ()) -> "Question":
        """The options as one value; UserError for an impossible one. handling: seconds that a log's requests took."""
        from cost.candidates import Question  # noqa: PLC0415 -- what simulates takes a moment to load

        return Question(
            platforms=tuple(dict.fromkeys(self.platform or NAMES)),
            regions={
                "aws": self.aws_region,
                "apprunner": self.aws_region,
                "ecs": self.aws_region,
                "gcp": self.gcp_region,
            },
            app=self._app(),
            said=self.cpu is not None or self.wait is not None,
            handling=tuple(handling),
            idle=_idle(self.idle),
            memory_mb=self.memory,
            vcpu=None if self.vcpu is None else _decimal(self.vcpu),
            concurrency=self.concurrency,
            minimum=self.minimum,
            zones=self.zones,
            architecture="arm64" if self.arm64 else "x86",
            door=self.door,
            snapstart=self.snapstart,
            kept_versions=self.kept_versions,
            billing=self.billing,
        )

    def _app(self) -> App:
        """The app of the options. If only its waiting is given, it does no work."""
        work = App.cpu_s if self.wait is None else Decimal(0)
        return App(
            cpu_s=work if self.cpu is None else _decimal(self.cpu),
            wait_s=App.wait_s if self.wait is None else _decimal(self.wait),
            imports_s=_decimal(self.imports),
            image_gb=_decimal(self.image_gb),
            response_kb=App.response_kb if self.response_kb is None else _decimal(self.response_kb),
            log_bytes=self.log_bytes,
        )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


def _idle(values: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    idle_times: dict[str, tuple[float, float, float]] = {}
    for value in values:
        name, _, seconds = value.partition("=")
        parts = [
            _number(part, value, "--idle aws=600 or --idle aws=300-600-900") for part in seconds.split("-")
        ]
        match parts:
            case [only]:
                idle_times[name] = (only, only, only)
            case [least, likely, most]:
                idle_times[name] = (least, likely, most)
            case _:
                raise UserError(f"--idle {value!r}: it is such as --idle aws=600 or --idle aws=300-600-900")
        if name not in NAMES:
            raise UserError(f"--idle {value!r}: {name!r} is not a platform; known: {', '.join(NAMES)}")
    return idle_times


def _number(text_: str, whole: str, example: str) -> float:
    try:
        return float(text_)
    except ValueError:
        raise UserError(f"{whole!r} is not in seconds; it is such as {example}") from None
