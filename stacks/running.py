"""Compares what an `up` asked for with what the platform then says that it runs: gives outputs and problems.

A provider may keep in the state what was asked for though the platform refused it, and then never sends it again:
https://github.com/pulumi/pulumi-terraform-bridge/issues/496. So no output is taken from what was asked for, and what
differs ends the `up`. A preview is not checked: there, a change that is about to be made looks the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import platforms
from stacks.releases import History, Release

ALL = 100  # percent
CAUSES = "An update was refused earlier, someone changed it by hand, or `--target` left it out."
REPAIR = "Type `pulumi up --refresh`, which deploys what the stack says."


@dataclass(frozen=True)
class Asked:
    """What this `up` asks for: an image, settings by name as text, and the shares of the traffic."""

    image: str  # REPOSITORY@sha256:DIGEST
    build: str  # the image's build id, "" if it is not known
    settings: Mapping[str, str]
    variables: Mapping[str, str]  # the app's environment
    primary: str | None = None  # the release that keeps the traffic; None: the newest gets all of it
    share: int = ALL  # percent that the newest gets beside `primary`
    snapshot: bool = False  # whether the platform is to keep a snapshot of the newest release

    def shares(self, newest: str) -> dict[str, int]:
        """The traffic of each release in percent, if `newest` is the newest one."""
        if self.primary in (None, newest):
            return {newest: ALL}
        return {release: share for release, share in self._split(newest) if share}

    def _split(self, newest: str) -> list[tuple[str, int]]:
        return [(self.primary or newest, ALL - self.share), (newest, self.share)]


@dataclass(frozen=True)
class Running:
    """The platform's answer after the deployment. A setting that it does not name is not in `settings`."""

    newest: str  # the newest release: a version, a revision or, if the platform keeps no releases, a digest
    image: str  # of the newest release
    settings: Mapping[str, str]  # of the newest release
    variables: Mapping[str, str]  # likewise
    shares: Mapping[str, int]  # percent of the traffic by release
    ready: str = ""  # the newest release that became ready; "" if a release that is there is ready


@dataclass(frozen=True)
class Outcome:
    """The outputs of a stack that follow from what runs, and a sentence for each thing that is not as asked."""

    image: str | None
    promoted: str
    promoted_before: str
    releases: Sequence[Release]
    traffic: Mapping[str, int]  # percent by release
    problems: Sequence[str] = field(default_factory=tuple[str, ...])


def outcome(asked: Asked, running: Running, past: History, platform: str, remedy: str = "") -> Outcome:
    """The outputs that follow from `running`, and the problems.

    `remedy` is what to do if refreshing does not help, as a sentence of its own.
    """
    promoted = _promoted(asked, running)
    if running.ready and running.ready != running.newest:
        return _never_ready(asked, running, past, promoted, platform)
    digest = digest_of(running.image)
    build = asked.build if digest == digest_of(asked.image) else past.build_of(digest)
    release = {"version": running.newest, "digest": digest, "build": build}
    releases = past.after(release | ({"snapshot": "yes"} if asked.snapshot else {}), promoted)
    wrong = differences(asked, running)
    wanted = asked.shares(running.newest)
    if wanted != running.shares:
        wrong.append(f"traffic: {_percent(wanted)} was asked for, and it is {_percent(running.shares)}")
    before = past.before(promoted)
    return Outcome(running.image, promoted, before, releases, running.shares, told(wrong, platform, remedy))


def differences(asked: Asked, running: Running) -> list[str]:
    """How the newest release differs from what was asked: its image, and settings that the platform names."""
    wrong = list[str]()
    if running.image != asked.image:
        wrong.append(f"image: {asked.image} was asked for, and {running.image or 'none'} runs")
    for name, wanted in asked.settings.items():
        value = running.settings.get(name, wanted)
        if value != wanted:
            wrong.append(f"{name}: {wanted} was asked for, and it is {value}")
    # Without the values, which may be long, and do not belong in a log.
    names = sorted({*asked.variables, *running.variables})
    return wrong + [
        f"{name}: the variable is not as it was asked for"
        for name in names
        if asked.variables.get(name) != running.variables.get(name)
    ]


def told(wrong: Sequence[str], platform: str, remedy: str = "") -> list[str]:
    """One message for everything in `wrong`, with what to type; none if nothing is wrong."""
    if not wrong:
        return []
    lines = [
        f"{platforms.TITLES[platform]} runs something else than this stack says:",
        *(f"  {line}" for line in wrong),
        f"{CAUSES} {REPAIR} {remedy}".rstrip(),
    ]
    return ["\n".join(lines)]


def unreadable(platform: str, refusal: object) -> str:
    """The message if a platform refuses to say what it runs; `refusal` is the provider's own, of several lines."""
    said = " ".join(str(refusal).split())
    return (
        f"{platforms.TITLES[platform]} does not say what it runs ({said}). What was deployed so far stays, and "
        "`pulumi up` goes on from there"
    )


def digest_of(image: str) -> str:
    """The "sha256:..." of REPOSITORY@sha256:DIGEST; "" for an image that someone named otherwise."""
    return image.partition("@")[2]


def _promoted(asked: Asked, running: Running) -> str:
    if asked.primary in running.shares:
        return str(asked.primary)
    return max(running.shares, key=lambda release: running.shares[release], default=running.newest)


def _never_ready(asked: Asked, running: Running, past: History, promoted: str, platform: str) -> Outcome:
    """The newest release has never been ready: the last ready one runs, and `releases` stays as it is."""
    digest = past.digest_of(promoted)
    image = f"{running.image.partition('@')[0]}@{digest}" if digest else None
    title = platforms.TITLES[platform]
    problem = (
        f"{running.newest}, the newest release on {title}, never became ready; {running.ready} is the last one that "
        "did, and no traffic goes to a later one. `pulumi stack output logs` prints the command that shows why. "
        f"Then deploy a repaired image or setting by `pulumi up`, or stay with the earlier release: "
        f"`pulumi config set pin {promoted}` and `pulumi up`"
    )
    is_wanted = running.newest in asked.shares(running.newest)
    problems = [problem] if is_wanted else []
    return Outcome(image, promoted, past.before(promoted), past.releases, running.shares, problems)


def _percent(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{share}% to {release}" for release, share in sorted(shares.items())) or "nothing"
