"""Checks a user's settings against the platform's limits, and makes of them the numbers that an emulation runs with."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import platforms
from appfolder.env_file import variables_of
from commandline import UserError
from local import doors
from local.doors import HTTP_API, PUBLIC
from local.errors import SettingsError
from local.scaling import UNLIMITED, Policy
from platforms import sold
from platforms.sold import Choice

ROOT = Path(__file__).parent.parent
ENGINES = ("process", "podman", "docker")


@dataclass(frozen=True)
class Settings:
    """How to emulate a platform. None is the platform's own default, from platforms/limits.toml.

    port: of the front on 127.0.0.1, 0 for any free one. idle_seconds: until an idle instance ends. minimum,
    maximum: instances. concurrency: requests at once in one instance. memory: MB, a size that the platform sells;
    the instance is told of it (a container is held to it). timeout: seconds, of the function (aws) or of a request
    (gcp). door: what is in front of the function, "http-api" or "function-url" (aws). gateway_timeout: seconds, of the
    HTTP API's integration (aws). stream_rate: MB a second of a response past its first 6 MB, 0 for no limit (aws,
    function URL). snapstart: instances are restored from one that is initialised (aws). access: "public", or "private"
    for requests that are signed with the credentials of the environment (aws). engine: "process" runs entrypoint.sh,
    "podman" or "docker" the `image`, with `engine_options` before its name. app: APP. environment: more variables for
    the instances. app_dir: the folder that it runs in, None for the project's; python: one that has what it imports,
    None for the one that runs this. health: the path of its health check, "" for none. env_file: more variables, which
    no command line shows. jwt_issuer, jwt_audience: whose tokens
    the HTTP API asks for, and for whom, several separated by commas (aws); both or neither. log: a file for events and
    the instances' output; None is standard error. ecs takes no idle_seconds, maximum, concurrency, timeout.
    """

    port: int = 0
    idle_seconds: float | None = None
    minimum: int | None = None
    maximum: int | None = None
    concurrency: int | None = None
    memory: int = 512
    timeout: float | None = None
    door: str = HTTP_API
    gateway_timeout: float | None = None
    stream_rate: float | None = None
    snapstart: bool = False
    access: str = PUBLIC
    engine: str = "process"
    engine_options: tuple[str, ...] = ()
    image: str | None = None
    app: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    app_dir: Path | None = None
    python: Path | None = None
    health: str = "/health"
    env_file: Path | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    log: Path | None = None

    def from_env_file(self) -> dict[str, str]:
        """The variables of `env_file`. Raises SettingsError for one that cannot be read."""
        try:
            return variables_of(self.env_file) if self.env_file else {}
        except UserError as problem:
            raise SettingsError(str(problem)) from None

    @property
    def audiences(self) -> tuple[str, ...]:
        """The parts of `jwt_audience`."""
        return tuple(part.strip() for part in (self.jwt_audience or "").split(",") if part.strip())


@dataclass(frozen=True)
class Behaviour:
    """How one emulated platform behaves: its scaling, its time-outs in seconds, bytes a second of a long response."""

    policy: Policy
    timeout: float
    gateway_timeout: float
    stream_rate: float = inf


def behaviour(platform: str, settings: Settings) -> Behaviour:
    """`settings` with the platform's defaults. Raises SettingsError if the platform does not allow a value."""
    if platform not in platforms.NAMES:
        raise SettingsError(f"the platform is {platform!r}; it is one of {', '.join(platforms.NAMES)}")
    if settings.engine not in ENGINES:
        raise SettingsError(f"--engine is {settings.engine!r}; it is one of {', '.join(ENGINES)}")
    check_port(settings.port)
    _check_memory(platform, settings.memory)
    doors.check(platform, settings)
    if settings.snapstart and not platforms.has(platform, "restore_timeout"):
        raise SettingsError(f"--snapstart belongs to aws; {platform} restores no instances")
    policy = _tasks(platform, settings) if platforms.scales_by_cpu(platform) else _policy(platform, settings)
    return Behaviour(policy, *_timeouts(platform, settings), doors.stream_rate(settings))


def _check_memory(platform: str, memory: int) -> None:
    sold_sizes = sold.memories(platform)
    if memory not in sold_sizes:
        sizes = list(sold_sizes)
        allowed = (
            f"{sizes[0]} to {sizes[-1]}"
            if isinstance(sold_sizes, range)
            else f"one of {', '.join(map(str, sizes))}"
        )
        raise SettingsError(f"--memory is {memory}; on {platform} it is {allowed}")


def _policy(platform: str, settings: Settings) -> Policy:
    """The policy of a platform that adds instances by the requests at hand and ends idle ones."""
    kept, most = sold.kept_instances(platform), sold.instances(platform)
    concurrency = sold.concurrency(platform)
    maximum = _whole(platform, "--max", settings.maximum, most)
    if settings.minimum and settings.snapstart:
        raise SettingsError(
            "--snapstart does not go with --min: Lambda keeps no instances that it would restore"
        )
    minimum = _whole(platform, "--min", settings.minimum, kept)
    if minimum > maximum:
        raise SettingsError(f"--min is {minimum}; with --max {maximum} it is at most {maximum}")
    idle = (
        platforms.limit(platform, "idle_timeout") if settings.idle_seconds is None else settings.idle_seconds
    )
    if not idle >= 0:  # nor nan
        raise SettingsError(f"--idle is {idle:g}; it is 0 or more seconds")
    return Policy(
        concurrency=_whole(platform, "--concurrency", settings.concurrency, concurrency)
        if concurrency
        else UNLIMITED,
        minimum=minimum,
        maximum=maximum,
        idle_seconds=idle,
        wait_seconds=platforms.limit_or(platform, "pending_timeout", 0),
        wait_startups=platforms.limit_or(platform, "pending_startups", 0),
        provisioned=platforms.calls_a_function(platform),
    )


def _tasks(platform: str, settings: Settings) -> Policy:
    """The policy of a platform whose tasks are as many as the minimum: requests neither start nor wait for one."""
    refused = {
        "--max": (settings.maximum, "tasks added for their CPU are not emulated; --min says how many run"),
        "--concurrency": (
            settings.concurrency,
            "its load balancer has no such limit; --env THREADS=N is a task's",
        ),
        "--idle": (settings.idle_seconds, "no task ends because it is idle"),
        "--timeout": (
            settings.timeout,
            f"its load balancer's is {platforms.limit(platform, 'request_timeout')} s of silence, fixed",
        ),
    }
    for option, (value, why) in refused.items():
        if value is not None:
            raise SettingsError(f"{option} does not belong to {platform}: {why}")
    tasks = _whole(platform, "--min", settings.minimum, sold.kept_instances(platform))
    return Policy(concurrency=UNLIMITED, minimum=tasks, maximum=tasks, idle_seconds=0, on_demand=False)


def require_engine(platform: str, settings: Settings) -> None:
    """Raise SettingsError if this machine lacks what the engine needs: the runtime, the program or the image."""
    if settings.engine == "process":
        # It belongs to the app's environment, which has it wherever there is a wheel; this Python need not.
        if platforms.calls_a_function(platform) and sys.platform != "linux":
            raise SettingsError(
                "awslambdaric, which Lambda mode needs, has wheels for Linux alone. "
                f"On {sys.platform} run the image instead: --engine docker --image NAME"
            )
        return
    if settings.image is None:
        raise SettingsError(
            f"--engine {settings.engine} needs --image NAME, the one that `make image` builds"
        )
    if shutil.which(settings.engine) is None:
        raise SettingsError(f"{settings.engine} is not on PATH; install it, or leave out --engine")
    command = [settings.engine, "image", "inspect", settings.image]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        raise SettingsError(f"{settings.engine} has no image {settings.image!r}; build it with `make image`")


def check_port(port: int) -> None:
    """Raise SettingsError if there is no such port."""
    if not 0 <= port <= 65535:  # noqa: PLR2004 - TCP's own
        raise SettingsError(f"--port is {port}; it is 0 (any free one) to 65535")


def _timeouts(platform: str, settings: Settings) -> tuple[float, float]:
    """The function's or the request's timeout, and the gateway's; if the platform has only one, that one twice."""
    usual = platforms.limit(platform, "request_timeout")
    if platforms.calls_a_function(platform):
        gateway = _seconds(platform, "--gateway-timeout", settings.gateway_timeout, usual, usual)
        # A second less than the gateway's, so that the function's own log says what happened.
        longest = platforms.limit(platform, "function_timeout_maximum")
        return _seconds(platform, "--timeout", settings.timeout, usual - 1, longest), gateway
    longest = platforms.limit_or(platform, "request_timeout_maximum", None)
    if settings.gateway_timeout is not None:
        other = "--timeout alone" if longest else "no timeout to set"
        raise SettingsError(f"--gateway-timeout belongs to aws; {platform} has {other}")
    if longest is None and settings.timeout is not None:
        raise SettingsError(f"--timeout: {platforms.TITLES[platform]}'s is {usual} s, fixed")
    timeout = _seconds(platform, "--timeout", settings.timeout, usual, longest or usual)
    return timeout, timeout


def _whole(platform: str, option: str, value: int | None, choice: Choice) -> int:
    if value is None:
        return choice.default
    if value not in choice.allowed:
        raise SettingsError(f"{option} is {value}; on {platform} it is {choice}")
    return value


def _seconds(platform: str, option: str, value: float | None, default: float, most: float) -> float:
    if value is None:
        return default
    if not 0 < value <= most:
        raise SettingsError(f"{option} is {value:g}; on {platform} it is above 0 and at most {most} s")
    return value
