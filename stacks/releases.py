"""Which release keeps the traffic, read from the stack's own last outputs, so that nobody copies a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

KEPT = 20

Release = Mapping[str, str]  # {"version": a version or a revision, "digest": "sha256:..."}


@dataclass(frozen=True)
class History:
    """The stack's last outputs: what was promoted ("" at first), and the releases so far, the newest last."""

    promoted: str = ""
    releases: Sequence[Release] = field(default_factory=tuple[Release, ...])

    def primary(self, canary_percent: int, pin: str) -> str | None:
        """The version that keeps the traffic which is not the canary's; None where the newest gets all of it.

        Raises pulumi.RunError where `pin` is no release of this stack.
        """
        if pin:
            return self._version(pin)
        if canary_percent == 100:  # noqa: PLR2004 - all of it
            return None
        return self.promoted or None

    def with_release(self, version: str, digest: str) -> list[Release]:
        """The releases after this one, no more than twenty, but never without the promoted one."""
        others = [release for release in self.releases if release["version"] != version]
        kept = [
            release
            for place, release in enumerate(others, start=1 - len(others))
            if place > 1 - KEPT or release["version"] == self.promoted
        ]
        return [*kept, {"version": version, "digest": digest}]

    def _version(self, pin: str) -> str:
        matches = [
            release["version"] for release in self.releases if pin in (release["version"], release["digest"])
        ]
        if not matches:
            known = ", ".join(release["version"] for release in self.releases) or "none yet"
            raise pulumi.RunError(
                f"pin: it is {pin!r}, which is no release of this stack ({known}); "
                "type `pulumi stack output releases` to see them with their digests, or `pulumi config rm pin`"
            )
        return matches[-1]


def history() -> pulumi.Output[History]:
    """What the stack's last successful or failed `up` left in its outputs."""
    own = pulumi.StackReference(
        "before", f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    )

    def parse(outputs: Mapping[str, Any]) -> History:
        return History(str(outputs.get("promoted") or ""), tuple(outputs.get("releases") or ()))

    return own.outputs.apply(parse)
