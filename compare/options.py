"""The options that `run` and `gate` share, and the request and the plan that they describe."""

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from appfolder import settings as appfolder
from commandline import UserError
from compare.targets.request import Request, header
from compare.targets.target import DEFAULT, Target, distinct, from_file, typed
from compare.units import seconds, share
from runs.file import SAMPLES
from runs.plan import Plan

ROUNDS = 300
# The most rounds of a run with an option such as --precision, if --rounds does not set them.
ROUNDS_CAP = 10_000
LOAD_DURATION = "30s"
LOAD_CONNECTIONS = 32
_LONGEST_PLACE = 40

TargetsFile = Annotated[
    Path | None, typer.Option("--targets", metavar="FILE", help="a TOML file of targets (docs/compare.md)")
]
Method = Annotated[
    str | None, typer.Option(help="HTTP method [app.toml's; POST with a body]", show_default=False)
]
UrlPath = Annotated[
    str | None,
    typer.Option(
        "--path",
        help="for stacks, emulated platforms and URLs without a path [app.toml's]",
        show_default=False,
    ),
]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header", metavar="'NAME: VALUE'", help="repeatable; ${NAME} is read from the environment"
    ),
]
Body = Annotated[str | None, typer.Option(help="what is sent; ${NAME} is read from the environment")]
Expect = Annotated[
    int | None, typer.Option(help="the status that counts as success [app.toml's]", show_default=False)
]
Cold = Annotated[
    Literal["idle", "burst", "none"],
    typer.Option(help="cold starts after idle times, by more requests at once than instances, or none"),
]
ColdStarts = Annotated[int, typer.Option(help="proven cold starts wanted per target")]
Burst = Annotated[int, typer.Option(help="requests of the first burst; later ones have as many more")]
Idle = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION", help="how long targets are left alone [as long as each keeps an instance]"
    ),
]
Rounds = Annotated[
    int | None,
    typer.Option(help=f"warm rounds in all [{ROUNDS}], or the cap of an open-ended run [{ROUNDS_CAP}]"),
]
Connections = Annotated[
    Literal["both", "kept", "fresh"], typer.Option(help="connections of the warm requests")
]
Precision = Annotated[
    str | None, typer.Option(metavar="SHARE", help="until the primary figure is known within, say, 5%")
]
Duration = Annotated[str | None, typer.Option(metavar="DURATION", help="until so much time has passed")]
Primary = Annotated[
    Literal["p50", "p95"], typer.Option(help="the one figure that is not corrected for the others")
]
Timeout = Annotated[str, typer.Option(metavar="DURATION", help="longest wait for one answer")]
Seed = Annotated[
    int | None, typer.Option(help="of the random order; recorded in the run", show_default=False)
]
Place = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="where this is measured from, for reports of several places [the machine]",
        show_default=False,
    ),
]
Results = Annotated[Path, typer.Option(metavar="FOLDER", help="where runs are saved")]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress, only the result")]


def request_of(
    method: str | None, headers: list[str] | None, body: str | None, expect: int | None, path: str | None
) -> tuple[Request, str]:
    """The request that the options describe, and its path; other parts are those of app.toml."""
    usual = appfolder.read(os.environ).request
    if body is None and method is None:
        method, body = usual.method, usual.body or None
    request = Request(
        method=(method or "POST").upper(),
        headers=tuple(header(text) for text in headers or []),
        body=body,
        expect=usual.expect if expect is None else expect,
    )
    return request, usual.path if path is None else path


def targets_of(words: list[str] | None, file: Path | None, request: Request, path: str) -> list[Target]:
    """The targets that were typed and those of a file; three emulated platforms if there are none."""
    if not path.startswith("/"):
        raise UserError(f"--path is {path!r}; it begins with /")
    targets = from_file(file, request, path) if file else []
    return distinct([*targets, *typed(words or ([] if file else DEFAULT), request, path)])


def pair_of(baseline: str, candidate: str, file: Path | None, request: Request, path: str) -> list[Target]:
    """The two targets of a gate, each typed or named in a file."""
    listed = {target.name: target for target in (from_file(file, request, path) if file else [])}
    return distinct([listed.get(word) or typed([word], request, path)[0] for word in (baseline, candidate)])


def place_of(name: str | None) -> str | None:
    """The name of a place; UserError for one that a report could not print on a line."""
    if name is not None and not (0 < len(name.strip()) <= _LONGEST_PLACE and name.isprintable()):
        raise UserError(
            f"--place is {name!r}; it is a short name such as frankfurt, up to {_LONGEST_PLACE} letters"
        )
    return name and name.strip()


def refuse_apart(names: tuple[str, ...]) -> None:
    """UserError if a target is written as a saved run: runs made apart are not comparable."""
    saved = [name for name in names if (Path(name) / SAMPLES).is_file()]
    if saved:
        raise UserError(
            f"{' and '.join(saved)}: saved runs made apart also differ by when they were made, which a gate would take "
            "for a slowdown; give both targets to one `compare gate`, or --run RUN and the names of two targets in it"
        )


def refuse_with_resume(context: typer.Context) -> None:
    """UserError if an option is given that the resumed run has decided already."""
    given = _given(context)
    _refuse("--resume goes on with the run's own plan and targets", given.keys() - {"resume", "quiet"}, given)


def refuse_with_saved(context: typer.Context) -> None:
    """UserError if an option about measuring is given to a gate on a saved run."""
    given = _given(context)
    decides = {
        "saved",
        "baseline",
        "candidate",
        "max_slowdown",
        "max_failures",
        "primary",
        "results",
        "quiet",
    }
    _refuse("--run decides on what was measured", given.keys() - decides, given)


def refuse_with_aa(context: typer.Context) -> None:
    """UserError if cold starts are asked for of a target that is measured against itself."""
    given = _given(context)
    if context.params["cold"] == "none":
        given.pop("cold", None)
    cold = given.keys() & {"cold", "cold_starts", "burst"}
    _refuse("--aa has no cold starts: one name would meet the other's instance", cold, given)


def _given(context: typer.Context) -> dict[str, str]:
    """The options that were given, by parameter, in the order of the help."""
    return {
        parameter.name or "": "TARGET" if parameter.param_type_name == "argument" else parameter.opts[0]
        for parameter in context.command.params
        if (source := context.get_parameter_source(parameter.name or "")) and source.name == "COMMANDLINE"
    }


def _refuse(why: str, names: set[str], given: Mapping[str, str]) -> None:
    if names:
        raise UserError(f"{why}; leave out {', '.join(given[name] for name in given if name in names)}")


@dataclass(frozen=True)
class PlanOptions:
    """The options that make a plan, as typed; only `run` has those of the load."""

    cold: Literal["idle", "burst", "none"]
    cold_starts: int
    burst: int
    idle: str | None
    rounds: int | None
    connection: Literal["both", "kept", "fresh"]
    precision: str | None
    duration: str | None
    primary: Literal["p50", "p95"]
    timeout: str
    seed: int | None
    rate: float | None = None
    load_duration: str = LOAD_DURATION
    load_connections: int = LOAD_CONNECTIONS

    def plan(self) -> Plan:
        """The plan that they describe; UserError if one of them cannot be read."""
        open_ended = self.precision is not None or self.duration is not None
        return Plan(
            cold=self.cold,
            cold_starts=self.cold_starts,
            burst=self.burst,
            idle_s=_seconds(self.idle, "--idle"),
            rounds=_rounds(self.rounds, open_ended=open_ended),
            connections=("kept", "fresh") if self.connection == "both" else (self.connection,),
            precision=None if self.precision is None else share(self.precision, "--precision"),
            duration_s=_seconds(self.duration, "--duration"),
            rate=self.rate,
            load_s=seconds(self.load_duration, "--load-duration"),
            load_connections=self.load_connections,
            timeout_s=seconds(self.timeout, "--timeout"),
            seed=_seed(self.seed),
            primary=self.primary,
        )


def _seconds(text: str | None, option: str) -> float | None:
    """Seconds of an option that may be missing."""
    return None if text is None else seconds(text, option)


def _rounds(rounds: int | None, *, open_ended: bool) -> int:
    """The warm rounds, or the cap of an open-ended run."""
    if rounds is not None:
        return rounds
    return ROUNDS_CAP if open_ended else ROUNDS


def _seed(seed: int | None) -> int:
    """The seed given, or one drawn."""
    return random.SystemRandom().randrange(2**31) if seed is None else seed
