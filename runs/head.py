"""The first line of a saved run, as a value: the plan, the targets, the machine, and how the run was started."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

import platforms
from runs.plan import Plan

FORMAT = 1
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class RunEndpoint:
    """One target of a run as its reports name it.

    platform: one of platforms.NAMES, None if it is not known. emulated: whether it ran on this machine. url: without
    secrets. request: method, URL and expected status in words. builds: the build ids that its stack says may answer,
    empty if the stack does not know, None if it is no stack.
    """

    name: str
    platform: str | None
    emulated: bool
    url: str
    request: str
    builds: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Head:
    """All that is known of a run before its first sample.

    started: the time of its start. command: the command line as typed. targets: what is needed to go on with the run,
    as `compare.targets.target.Target` writes it. machine: facts of the machine that measured, by label. monthly: the
    requests a month that the costs are for, 0 for no costs. against_itself: its targets are one under two names. place:
    where it was measured from, None if nobody said.
    """

    started: datetime
    command: str
    plan: Plan
    targets: tuple[Mapping[str, Any], ...]
    endpoints: tuple[RunEndpoint, ...]
    machine: Mapping[str, Any]
    monthly: int = 0
    against_itself: bool = False
    place: str | None = None

    def record(self) -> dict[str, Any]:
        """The JSON object of the file's first line."""
        return {
            "record": "run",
            "format": FORMAT,
            "started": self.started.isoformat(timespec="seconds"),
            "command": self.command,
            "plan": self.plan.record(),
            "targets": list(self.targets),
            "endpoints": [asdict(endpoint) for endpoint in self.endpoints],
            "machine": dict(self.machine),
            "monthly": self.monthly,
            "against_itself": self.against_itself,
            "place": self.place,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Head":
        """The head of one line's object.

        KeyError, TypeError, ValueError or UserError if a part is missing or cannot be. Runs that an earlier version
        saved may lack `targets`, `monthly`, `against_itself`, `place` and an endpoint's `builds`.
        """
        head = cls(
            started=datetime.fromisoformat(record["started"]),
            command=_of(str, record["command"]),
            plan=Plan.from_record(record["plan"]),
            targets=tuple(_of(dict, target) for target in _of(list, record.get("targets", []))),
            endpoints=tuple(_endpoint(entry) for entry in _of(list, record["endpoints"])),
            machine=_of(dict, record["machine"]),
            monthly=_of(int, record.get("monthly", 0)),
            against_itself=_of(bool, record.get("against_itself", False)),
            place=None if record.get("place") is None else _of(str, record["place"]),
        )
        if not head.endpoints or len({endpoint.name for endpoint in head.endpoints}) < len(head.endpoints):
            raise ValueError("it has no endpoint, or two of one name")
        return head

    def endpoint(self, name: str) -> RunEndpoint | None:
        """The target called `name`, None if the run has no such target."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)


def _endpoint(entry: Mapping[str, Any]) -> RunEndpoint:
    builds = entry.get("builds")
    platform = entry["platform"]
    if platform is not None and platform not in platforms.NAMES:
        raise ValueError(f"this version knows no platform {platform!r}")
    return RunEndpoint(
        name=_of(str, entry["name"]),
        platform=platform,
        emulated=_of(bool, entry["emulated"]),
        url=_of(str, entry["url"]),
        request=_of(str, entry["request"]),
        builds=None if builds is None else tuple(_of(str, build) for build in _of(list, builds)),
    )


def _of(kind: type[_Kind], value: Any) -> _Kind:
    """`value`, which is a `kind`; TypeError if it is not. A boolean is no number."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
