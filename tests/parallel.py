"""How tests share the cores under pytest-xdist, and how a test has the machine to itself.

Tests that share a fixture which starts processes, an image's build for example, form a group: one worker makes it.
A test that is marked `quiet` runs while no other test of this checkout does.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.processes import requests_processes, shared_fixtures

# A fixture's name to what it needs on the machine, which is also a marker to choose tests by.
NEEDS = {"engine": "container", "browser": "browser", "database_server": "database", "project": "pulumi"}
# Any two files of the checkout will do to lock: a test holds the room, a quiet one alone. Whoever waits for the room
# stands in the door, so that a quiet test is not overtaken for ever.
_DOOR = Path(__file__)
_ROOM = Path(__file__).with_name("conftest.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, because a test that waits for an idle time or a timeout needs none."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in NEEDS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(NEEDS[name])
        if group := "quiet" if item.get_closest_marker("quiet") else _group(item):
            item.add_marker(pytest.mark.xdist_group(group))


def _group(item: pytest.Item) -> str | None:
    """The name of the session's fixture that the test shares, or of its module if that has the fixture."""
    shared = {
        fixture.scope: fixture.argname
        for fixture in shared_fixtures(item)
        if requests_processes(item, fixture.argnames)
    }
    return shared.get("session") or (item.nodeid.partition("::")[0] if shared else None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    with inside(_ROOM, _DOOR, alone=item.get_closest_marker("quiet") is not None):
        return (yield)


@contextmanager
def inside(room: Path, door: Path, *, alone: bool) -> Generator[None]:
    """Be in the room with others, or alone; waits until that is possible."""
    with room.open() as place:
        with door.open() as way_in:
            fcntl.flock(way_in, fcntl.LOCK_EX)
            fcntl.flock(place, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
