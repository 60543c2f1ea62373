"""Finds the release that keeps the traffic in the stack's own last outputs, so that no one has to copy a version."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.output import Unknown

from stacks.settings import Service

KEPT = 20

# {"version": a version or a revision, "digest": "sha256:...", "build": the image's build id, "" if it is not known}.
# Old releases have no "build". A release may also have "snapshot": "yes", if Lambda keeps a snapshot of it, which is
# paid for, and "removed": "yes", if it is deleted or about to be, because nobody needs its snapshot.
Release = Mapping[str, str]


@dataclass(frozen=True)
class History:
    """The stack's last outputs: what was promoted ("" at first), what was before that, and the releases so far.

    The newest release is the last one. service: what they are releases of; "" in the outputs of old stacks.
    """

    promoted: str = ""
    releases: Sequence[Release] = field(default_factory=tuple[Release, ...])
    promoted_before: str = ""
    service: str = ""

    def of(self, service: str) -> "History":
        """This history if it is that of `service`; else an empty one, because nothing was released of that yet."""
        return self if self.service in ("", service) else History(service=service)

    def primary(self, service: Service) -> str | None:
        """The version that keeps the traffic which is not the canary's; None if the newest gets all of it.

        Raises pulumi.RunError if `service.pin` is no release of this stack.
        """
        if service.pin:
            return self._version(service.pin)
        return None if service.canary_percent == 100 else self.promoted or None  # noqa: PLR2004 - all of it

    def after(self, release: Release, primary: str) -> list[Release]:
        """The releases after `release`: no more than twenty, but never without `primary`, which has the traffic.

        Those that have a snapshot and that nobody needs any more are marked as removed.
        """
        others = [earlier for earlier in self.releases if earlier["version"] != release["version"]]
        dropped = [earlier for earlier in others[: -(KEPT - 1)] if earlier["version"] != primary]
        needed = {release["version"], primary, self.before(primary)}
        return [
            *(_without_snapshot(earlier, needed) for earlier in others if earlier not in dropped),
            release,
        ]

    def before(self, promoted: str) -> str:
        """The release that had the traffic before `promoted`, for a roll back; "" if there was none."""
        return self.promoted if promoted != self.promoted else self.promoted_before

    def has_snapshot(self, version: str) -> bool:
        """Whether `version` was published with a snapshot (Lambda SnapStart)."""
        return any("snapshot" in release for release in self.releases if release["version"] == version)

    def digest_of(self, version: str) -> str:
        """The digest of the release called `version`, "" if it is none of this stack's."""
        return next((of["digest"] for of in self.releases if of["version"] == version), "")

    def build_of(self, digest: str) -> str:
        """The build id of the image with `digest`, "" if none of the releases has it."""
        return next((of["build"] for of in self.releases if of["digest"] == digest and of.get("build")), "")

    def _version(self, pin: str) -> str:
        matching = [release for release in self.releases if pin in (release["version"], release["digest"])]
        matches = [release["version"] for release in matching if "removed" not in release]
        if matching and not matches:
            raise pulumi.RunError(
                f"pin: it is {pin!r}, whose snapshot nobody needed, so that version was removed; deploy its commit "
                "again, or type `pulumi config rm pin`"
            )
        if not matches:
            known = ", ".join(release["version"] for release in self.releases if "removed" not in release)
            known = known or "none yet"
            raise pulumi.RunError(
                f"pin: it is {pin!r}, which is no release of this stack ({known}); "
                "type `pulumi stack output releases` to see them with their digests, or `pulumi config rm pin`"
            )
        return matches[-1]


def _without_snapshot(release: Release, needed: Collection[str]) -> Release:
    """`release`, marked as removed if only its snapshot is left of it."""
    unneeded = "snapshot" in release and release["version"] not in needed
    return {**release, "removed": "yes"} if unneeded else release


async def last_outputs() -> Mapping[str, Any]:
    """The stack's outputs after the last `up`, whether that succeeded or failed; without those that were unknown then.

    An `up --target` that leaves something out before it was ever made knows none of the outputs that follow from it.

    To be awaited before the first resource is asked for: with the state in a folder, the engine would read its own
    file while it writes it.
    """
    stack_name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    # A stack reference gives the same, but stays in the state under this name: after `pulumi stack rename`, or in
    # another organization, every later command that reads the state would ask for a stack that is not there.
    outputs = await _outputs(stack_name)
    return {name: value for name, value in outputs.items() if not isinstance(value, Unknown | None)}


async def _outputs(stack_name: str) -> Mapping[str, Any]:
    """The outputs of the last `up`.

    With the state in a folder, Pulumi may just be writing the file, for the stack's own resource: then its reading of
    it fails ("failed to load checkpoint: EOF"), and does not a moment later.
    """
    pauses_s = iter((0.1, 0.3, 1, 3))
    while True:
        try:
            stack = await pulumi.runtime.invoke_async("pulumi:pulumi:readStackOutputs", {"name": stack_name})
            return stack["outputs"] or {}
        except Exception as problem:
            pause_s = next(pauses_s, None)
            if pause_s is None or "checkpoint" not in str(problem):
                raise
            await asyncio.sleep(pause_s)


def remembered(last: Mapping[str, Any], service: Service) -> History:
    """The history of `service` in `last`, the stack's last outputs, each of which may be missing.

    None if the stack was on another platform or in another region: those versions were another service's.
    """
    if (last.get("platform"), last.get("region")) != (service.platform, service.region):
        return History()
    # Old stacks do not have the last two.
    return History(
        last.get("promoted") or "",
        tuple(last.get("releases") or ()),
        last.get("promotedBefore") or "",
        last.get("service") or "",
    )
