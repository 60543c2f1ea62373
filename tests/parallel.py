"""How tests share the cores under pytest-xdist, and how a test has the machine to itself.

Tests that share a fixture which starts processes, an image's build for example, form a group: one worker makes it. The
tests of a file that start no process form a group too. A worker stays in a folder of tests while there are some, so
that not each of them imports what the tests of every folder need: a cloud's SDK takes seconds. What takes long begins
first, so that no worker is left with it at the end. A test that is marked `quiet` runs while no other test of this
checkout does: such tests come before all others, and until they have run the other workers have short tests, which they
need not wait for.
"""

import fcntl
import gc
import json
import os
import tempfile
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.processes import requests_processes, shared_fixtures

# A fixture's name to what it needs on the machine, which is also a marker to choose tests by.
NEEDS = {"engine": "container", "browser": "browser", "database_server": "database", "project": "pulumi"}
# Fixtures that take less time than the tests that share them would wait for each other.
QUICK = {"prepared"}
# Any two files of the checkout will do to lock: a test holds the room, a quiet one alone. Whoever waits for the room
# stands in the door, so that a quiet test is not overtaken for ever.
_DOOR = Path(__file__)
_ROOM = Path(__file__).with_name("conftest.py")

QUIET = "quiet"
# The name of the group that a test belongs to.
_group = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two more than there are cores, because a test that waits for an idle time or a timeout needs none.

    Tests that start no process hardly wait.
    """
    waits = "not process" not in str(config.getoption("markexpr"))
    return (os.cpu_count() or 1) + 2 * waits


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Collect tests, but no garbage: nearly all that is made here stays, and a quarter of the time is saved."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in NEEDS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(NEEDS[name])
        if group := QUIET if item.get_closest_marker("quiet") else _shared(item):
            item.stash[_group] = group


def _shared(item: pytest.Item) -> str | None:
    """The session's fixture that the test shares and all others are made of, or its file if that has a fixture.

    Of a test that starts no process it is the file in any case.
    """
    shared = {
        fixture.argname: fixture
        for fixture in shared_fixtures(item)
        if fixture.argname not in QUICK and requests_processes(item, fixture.argnames)
    }
    of_session = {name for name, fixture in shared.items() if fixture.scope == "session"}
    first = [name for name in of_session if not of_session & set(shared[name].argnames)]
    is_alone = item.get_closest_marker("process") is not None and not shared
    return min(first) if first else (None if is_alone else item.nodeid.partition("::")[0])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell xdist's controller, which collects nothing itself, which tests form groups.

    The modules and tests that are there by now stay to the end: the collector of garbage need not look at them again,
    and seldom at what is made from now on, which took a quarter of the time of a test with many objects.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    if worker := getattr(session.config, "workerinput", None):
        groups = {item.nodeid: item.stash[_group] for item in session.items if _group in item.stash}
        file = _groups_of(worker["testrunuid"])
        partial = file.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(groups))
        partial.replace(file)


def _groups_of(run: str) -> Path:
    return Path(tempfile.gettempdir(), f"pytest-groups-{run}.json")


@cache
def folder_of(group: str) -> str:
    """The folder below tests/ in which a group is, with a sign for a single test; "" for a shared fixture."""
    file, is_test, _ = group.partition("::")
    return f"{is_test}{'/'.join(file.split('/')[:2])}" if "/" in file else ""


def next_group(
    waiting: Mapping[str, Collection[str]], here: str | None, elsewhere: Collection[str], *, is_quiet: bool
) -> str:
    """The group of those waiting, by its tests, that a worker takes which was in the folder `here`.

    What is made for tests of several folders comes first, then its own folder, then the largest of those in which no
    worker is. While others have to be quiet it is the group of most tests, which are short.
    """
    if QUIET in waiting:
        return QUIET
    if is_quiet:
        return max(waiting, key=lambda group: len(waiting[group]))
    folders: dict[str, list[str]] = {}
    for group in waiting:
        folders.setdefault(folder_of(group), []).append(group)
    for folder in ("", here):
        if folder in folders:
            return folders[folder][0]
    sizes = {
        folder: (folder not in elsewhere, sum(len(waiting[group]) for group in groups))
        for folder, groups in folders.items()
    }
    return folders[max(sizes, key=lambda folder: sizes[folder])][0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A scheduler that keeps groups together; xdist's own of that name is deaf to them with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - this hook is called by xdist alone

    class Scheduling(LoadScopeScheduling):
        groups: dict[str, str] | None = None
        folders: dict[Any, str] = {}  # noqa: RUF012 - there is one scheduler

        def schedule(self) -> None:
            if self.groups is None:
                file = _groups_of(str(self.nodes[0].workerinput["testrunuid"]))
                self.groups = json.loads(file.read_text())
                file.unlink()
            super().schedule()

        def _split_scope(self, nodeid: str) -> str:
            return (self.groups or {}).get(nodeid, nodeid)

        def _assign_work_unit(self, node: Any) -> None:
            others = {folder for other, folder in self.folders.items() if other is not node}
            is_quiet = any(not all(work.get(QUIET, {}).values()) for work in self.assigned_work.values())
            group = next_group(self.workqueue, self.folders.get(node), others, is_quiet=is_quiet)
            self.folders[node] = folder_of(group)
            self.workqueue.move_to_end(group, last=False)
            super()._assign_work_unit(node)

        def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
            """Forget a group that has run: all that a worker has had would be counted anew at each report."""
            super().mark_test_complete(node, item_index, duration)
            group = self._split_scope(self.registered_collections[node][item_index])
            if all(self.assigned_work[node][group].values()):
                del self.assigned_work[node][group]

    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run the test; a worker of xdist reports no set-up and no teardown that was well.

    Each report is written, sent, read and looked at by all plugins again, which took most of the time of a short test.
    """
    is_worker = hasattr(item.config, "workerinput")
    with inside(_ROOM, _DOOR, alone=item.get_closest_marker("quiet") is not None):
        if not is_worker:
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            if report.when == "call" or not report.passed or not is_worker:
                item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@contextmanager
def inside(room: Path, door: Path, *, alone: bool) -> Generator[None]:
    """Be in the room with others, or alone; waits until that is possible."""
    with room.open() as place:
        with door.open() as way_in:
            fcntl.flock(way_in, fcntl.LOCK_EX)
            fcntl.flock(place, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
