"""An app to what instances of one snapshot of it share and should not: ids, tokens, seeds, times, open connections.

`shared("shop.app:app")` in a test, or `make doctor`. Two snapshots are taken, and three instances restored: what two of
one snapshot have alike, and what is otherwise in one of another snapshot, was made by the start, and would be the same
in every instance on Lambda with SnapStart. What the app's hooks make anew after a restore is not.
"""

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platforms
from local.aws.instance import runtime_environment
from local.aws.runtime_api import Failed, RuntimeApi
from local.aws.snapshot import Restored, Snapshot
from local.instances.process import Reaper
from local.log import Log
from local.settings import Behaviour, Settings, SettingsError, behaviour, require_engine

Look = Mapping[str, Any]
# Pydantic writes the addresses of classes into the schemas of every model, as names that only it reads.
_NAMES_OF_PYDANTIC = re.compile(r"\.core_schema\b|\.__pydantic_\w+__\b")


@dataclass(frozen=True)
class Fault:
    """Something that instances share. place: where it is, "" if it has no name. what: in words."""

    place: str
    what: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.place}: {self.what}" if self.place else self.what


def shared(app: str | None = None, settings: Settings | None = None) -> list[Fault]:
    """What instances of `app` (package.module:callable, else app.toml's) share that they should not.

    `settings` may name more: variables, a folder, a Python. Raises SettingsError if no version can be published, and
    what an instance says if one cannot be restored.
    """
    chosen = settings or Settings()
    chosen = replace(chosen, snapstart=True, app=app or chosen.app)
    behaves = behaviour("aws", chosen)
    require_engine("aws", chosen)
    # The order of sets would differ from start to start, and tell nothing.
    chosen = replace(chosen, environment={**chosen.environment, "PYTHONHASHSEED": "0"})
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_shared(chosen, behaves, Path(folder, "log")))


async def _shared(settings: Settings, behaves: Behaviour, output: Path) -> list[Fault]:
    with output.open("w+", encoding="utf-8") as file:
        log, reaper = Log("aws", file), Reaper()
        await reaper.start()
        try:
            first = await _looks(settings, behaves, log, reaper, 2)
            [other] = await _looks(settings, behaves, log, reaper, 1)
        finally:
            await reaper.close()
    return faults(first, other)


def faults(first: Sequence[Look], other: Look) -> list[Fault]:
    """What the instances of one snapshot, `first`, share, and one of another has otherwise."""
    values, *rest = (look["values"] for look in first)
    others = other["values"]
    shared = [
        Fault(place, f"{kind} that the start makes; every instance of a snapshot has the same")
        for place, (kind, digest) in values.items()
        if all(look.get(place) == [kind, digest] for look in rest)
        if place in others and others[place] != [kind, digest]
        if not _NAMES_OF_PYDANTIC.search(place)
    ]
    connections = sorted(set(first[0]["connections"]))
    return shared + [
        Fault(
            "", f"a connection to {peer} that the import opened; it is dead in every instance of a snapshot"
        )
        for peer in connections
    ]


async def _looks(settings: Settings, behaves: Behaviour, log: Log, reaper: Reaper, count: int) -> list[Look]:
    """What `count` instances of a new snapshot have in memory."""
    looks: asyncio.Queue[bytes] = asyncio.Queue()
    stream = f"{os.getpid()}"

    def environment(port: int) -> dict[str, str]:
        # What differs from start to start by itself is no fault of the app.
        fixed = {"AWS_LAMBDA_LOG_STREAM_NAME": stream}
        return runtime_environment(settings, port) | fixed

    snapshot = Snapshot(settings, behaves, environment, log, reaper, on_look=looks.put_nowait)
    apis = [RuntimeApi(lambda: None, restores=True) for _ in range(count)]
    try:
        await snapshot.publish()
        seen = list[Look]()
        for number, api in enumerate(apis, start=1):
            address = environment(await api.start())["AWS_LAMBDA_RUNTIME_API"]
            instance = await snapshot.restore(number, address)
            seen.append(json.loads(await _look(looks, api, instance)))
        return seen
    finally:
        await snapshot.close()
        for api in apis:
            await api.close()


async def _look(looks: asyncio.Queue[bytes], api: RuntimeApi, instance: Restored) -> bytes:
    """What the instance tells; SettingsError if it does not."""
    look = asyncio.ensure_future(looks.get())
    limit = platforms.limit("aws", "restore_timeout")
    events: list[asyncio.Future[Any]] = [look, instance.exited, api.initialised]
    while not look.done():
        done, _ = await asyncio.wait(events, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        failed = api.initialised.result() if api.initialised.done() else None
        if not look.done() and (failed or not done or instance.exited.done()):
            look.cancel()
            raise SettingsError(f"no instance can be restored: {_why(failed, instance, limit)}")
        # It asks for an event as soon as it has told, which may be seen first.
        events = [event for event in events if event is not api.initialised]
    return look.result()


def _why(failed: Failed | None, instance: Restored, limit: float) -> str:
    if failed:
        return f"{failed.error_type} {failed.payload.decode('utf-8', 'replace')}"
    if instance.exited.done():
        return f"it exited with {instance.exited.result()}"
    return f"its hooks took more than {limit:g} s"
