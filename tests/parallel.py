"""How tests share the cores under pytest-xdist, and how a test has the machine to itself.

Tests that share a fixture which starts processes, an image's build for example, form a group: one worker makes it.
What takes long begins first, so that no worker is left with it at the end. A test that is marked `quiet` runs while
no other test of this checkout does.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.processes import requests_processes, shared_fixtures

# A fixture's name to what it needs on the machine, which is also a marker to choose tests by.
NEEDS = {"engine": "container", "browser": "browser", "database_server": "database", "project": "pulumi"}
# Fixtures that take less time than the tests that share them would wait for each other.
QUICK = {"prepared"}
# Any two files of the checkout will do to lock: a test holds the room, a quiet one alone. Whoever waits for the room
# stands in the door, so that a quiet test is not overtaken for ever.
_DOOR = Path(__file__)
_ROOM = Path(__file__).with_name("conftest.py")

# The name of the group that a test belongs to.
_group = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, because a test that waits for an idle time or a timeout needs none."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in NEEDS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(NEEDS[name])
        if group := "quiet" if item.get_closest_marker("quiet") else _shared(item):
            item.stash[_group] = group


def _shared(item: pytest.Item) -> str | None:
    """The session's fixture that the test shares and all others are made of, or its module if that has a fixture."""
    shared = {
        fixture.argname: fixture
        for fixture in shared_fixtures(item)
        if fixture.argname not in QUICK and requests_processes(item, fixture.argnames)
    }
    of_session = {name for name, fixture in shared.items() if fixture.scope == "session"}
    first = [name for name in of_session if not of_session & set(shared[name].argnames)]
    return min(first) if first else (item.nodeid.partition("::")[0] if shared else None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell xdist's controller, which collects nothing itself, which tests form groups."""
    if worker := getattr(session.config, "workerinput", None):
        groups = {item.nodeid: item.stash[_group] for item in session.items if _group in item.stash}
        file = _groups_of(worker["testrunuid"])
        partial = file.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(groups))
        partial.replace(file)


def _groups_of(run: str) -> Path:
    return Path(tempfile.gettempdir(), f"pytest-groups-{run}.json")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A scheduler that keeps groups together; xdist's own of that name is deaf to them with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - this hook is called by xdist alone

    class Scheduling(LoadScopeScheduling):
        groups: dict[str, str] | None = None

        def schedule(self) -> None:
            if self.groups is None:
                file = _groups_of(str(self.nodes[0].workerinput["testrunuid"]))
                self.groups = json.loads(file.read_text())
                file.unlink()
            super().schedule()

        def _split_scope(self, nodeid: str) -> str:
            return (self.groups or {}).get(nodeid, nodeid)

    return Scheduling(config, log)


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
