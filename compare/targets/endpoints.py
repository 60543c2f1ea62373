"""Makes endpoints of targets: starts emulated platforms, and reads stacks' URLs from their outputs."""

import json
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platforms
from commandline import UserError
from compare.targets.emulated import prepare, started
from compare.targets.request import Filled, filled
from compare.targets.target import Target
from local import Settings
from runs.sample import Source

PROJECT = Path(__file__).parents[2]
# Seconds beyond the time for which a platform keeps an instance, so that the next request finds none.
IDLE_MARGIN_S = 60.0
_LOCAL_IDLE_S = 0.5
_LOCAL_MARGIN_S = 0.4
_PULUMI_TIMEOUT_S = 60


@dataclass(frozen=True)
class Endpoint:
    """A target that answers: its request with secrets filled in, and how long it keeps an idle instance.

    idle_s: seconds of idle time before a cold start, None if it always keeps an instance.
    shown_url: the URL without secrets. builds: as a target has them.
    """

    source: Source
    request: Filled
    idle_s: float | None
    shown_url: str
    builds: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The target's name."""
        return self.source.name


def located(targets: Sequence[Target]) -> list[Target]:
    """`targets` with the URLs of stacks. UserError for every fault that can be found before anything is started."""
    located_targets = [_located(target) if target.where == "stack" else target for target in targets]
    for target in located_targets:
        filled(target.request, os.environ)
    for emulator in dict.fromkeys(target.emulator for target in located_targets if target.where == "local"):
        prepare(Settings(**dict(emulator)))
    return located_targets


@contextmanager
def opened(
    targets: Sequence[Target], idle_s: float | None, logs: Path, *, as_one: bool = False
) -> Generator[list[Endpoint]]:
    """The endpoints of located `targets` while the context lasts; the emulators among them stop with it.

    Emulated platforms end an idle instance after `idle_s` seconds, or after the target's own seconds, or after half a
    second, and write their output to files in `logs`. `as_one`: the targets are a single one under several names, which
    is opened once.
    """
    with ExitStack() as stack:
        if as_one:
            first = _open(stack, targets[0], idle_s, logs)
            yield [replace(first, source=replace(first.source, name=target.name)) for target in targets]
        else:
            yield [_open(stack, target, idle_s, logs) for target in targets]


def _located(target: Target) -> Target:
    outputs = stack_outputs(target.what)
    request = replace(target.request, url=outputs.url.rstrip("/") + target.path)
    return replace(
        target, request=request, platform=target.platform or outputs.platform, builds=outputs.builds
    )


def _open(stack: ExitStack, target: Target, asked_s: float | None, logs: Path) -> Endpoint:
    request, idle_s = target.request, target.idle_s
    if target.where == "local":
        kept_s = next(seconds for seconds in (asked_s, idle_s, _LOCAL_IDLE_S) if seconds is not None)
        request = replace(request, url=stack.enter_context(started(target, kept_s, logs)) + target.path)
        idle_s = kept_s + _LOCAL_MARGIN_S
    return Endpoint(
        source=Source(target.name, target.platform, emulated=target.where == "local"),
        request=filled(request, os.environ),
        idle_s=None if _keeps_an_instance(target) else idle_s or _kept_s(target.platform),
        shown_url=request.url,
        builds=target.builds,
    )


def _keeps_an_instance(target: Target) -> bool:
    """Whether no idling makes a cold start there."""
    return platforms.keeps_an_instance(target.platform) or bool(dict(target.emulator).get("minimum"))


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of a deployed stack. builds: those of the releases with traffic, empty if one is not known."""

    url: str
    platform: str
    builds: tuple[str, ...]


def stack_outputs(name: str) -> StackOutputs:
    """The outputs of the Pulumi stack `name`; UserError with the remedy if it has no URL or platform."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise UserError(
            f"target {name!r} is read from a Pulumi stack, and the pulumi command is not there: "
            "install it (https://www.pulumi.com/docs/iac/download-install/), or give NAME=URL"
        )
    command = [pulumi, "stack", "output", "--json", "--stack", name, "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, timeout=_PULUMI_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as failure:
        raise UserError(f"{' '.join(command[1:])} did not end within {_PULUMI_TIMEOUT_S} s") from failure
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[
            0
        ]
        raise UserError(
            f"stack {name!r} cannot be read ({said}); `pulumi stack ls` lists the stacks there are"
        )
    return _outputs(name, done.stdout)


def builds_of(outputs: Mapping[str, Any]) -> tuple[str, ...]:
    """The builds that may answer, by a stack's outputs `releases` and `traffic`; none if an output is missing."""
    releases, traffic = outputs.get("releases"), outputs.get("traffic")
    if not isinstance(releases, list) or not isinstance(traffic, dict):
        return ()
    known = {of.get("version"): of.get("build") for of in releases if isinstance(of, dict)}
    builds = [known.get(version) for version, percent in traffic.items() if percent]
    return tuple(sorted({str(build) for build in builds})) if all(builds) else ()


def _outputs(name: str, text: str) -> StackOutputs:
    try:
        outputs = json.loads(text)
    except ValueError as failure:
        raise UserError(f"the outputs of stack {name!r} are not JSON: {text[:80]!r}") from failure
    url, platform = (outputs.get(key) if isinstance(outputs, dict) else None for key in ("url", "platform"))
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise UserError(f"stack {name!r} has no output url; deploy it with `pulumi up --stack {name}` first")
    if platform not in platforms.NAMES:
        raise UserError(
            f"stack {name!r} has the output platform {platform!r}, not {', '.join(platforms.NAMES)}"
        )
    return StackOutputs(url, platform, builds_of(outputs))


def _kept_s(platform: str | None) -> float:
    """Seconds after which an idle instance of `platform` has ended; if it is not known, the longest of any platform."""
    known = platforms.NAMES if platform is None else (platform,)
    idle = [platforms.limit(name, "idle_timeout") for name in known if not platforms.keeps_an_instance(name)]
    return max(map(float, idle)) + IDLE_MARGIN_S
