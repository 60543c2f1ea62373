"""A test starts a process only if it is marked so: `pytest -m "not process"` starts none, and cannot.

The marker `process` is written above a test, or comes from a fixture that requests `processes`. Any other test that
starts one fails, and the process is not started. So does a fixture for more than one test that has not requested
`processes`, because the next test that uses it would not be marked.
"""

import sys
from collections.abc import Generator, Iterable
from typing import Any

import pytest

# Where this interpreter starts a process or becomes another program; https://docs.python.org/3/library/audit_events.html
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "os.spawn"}
UNMARKED = "this test, which is not marked with `process`,"


class Guard:
    """Refuses to start a process while `watched` names who may not; `refused` has what was tried."""

    def __init__(self) -> None:
        self.watched: str | None = None
        self.refused: list[str] = []
        self.fixtures_have_processes = False

    def starting(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse it, if someone is watched: what an audit hook raises prevents what it is told of."""
        if self.watched is None:
            return
        self.refused.append(f"{self.watched} starts a process: {event}{str(arguments)[:300]}")
        # No Exception, so that no test takes it for an error of its own.
        pytest.fail(self.refused[-1], pytrace=False)


_running = pytest.StashKey[pytest.Item]()
_guard = Guard()


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's audit hook, see sys.addaudithook: it is asked at each import, each id() and more, so it is short."""
    if event in STARTS:
        _guard.starting(event, arguments)


sys.addaudithook(_hook)


@pytest.fixture(scope="session")
def processes() -> None:
    """A fixture requests this if it starts a process; whatever uses it is marked with `process`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "processes" in getattr(item, "fixturenames", ()):
            item.add_marker("process")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    before = _watch(f"collecting {collector.nodeid}" if isinstance(collector, pytest.Module) else None)
    try:
        return (yield)
    finally:
        _guard.watched = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    marked = item.get_closest_marker("process") is not None
    _guard.fixtures_have_processes |= marked
    before = _watch(None if marked else UNMARKED)
    item.config.stash[_running] = item
    try:
        return (yield)
    finally:
        _guard.watched = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, Any, Any]:
    """What earlier tests have shared may be ended by the help of a process, after any test."""
    if _guard.fixtures_have_processes:
        _watch(None)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    before = _guard.watched
    # The request of a session's fixture knows the session alone.
    item = request.config.stash[_running]
    if fixturedef.scope != "function" and not requests_processes(item, fixturedef.argnames):
        _watch(f"the fixture {fixturedef.argname}, which does not request `processes`,")
    try:
        return (yield)
    finally:
        _guard.watched = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test fails even if what it tried in another thread, or in code that catches everything, came to nothing."""
    report = yield
    if _guard.refused and report.when == "teardown":
        report.outcome, report.longrepr = "failed", "\n".join(_guard.refused)
        _guard.refused.clear()
    return report


def _watch(who: str | None) -> str | None:
    """Refuse to `who` from now on, or to nobody; gives whom it was refused to before."""
    before, _guard.watched = _guard.watched, who
    return before


def shared_fixtures(item: pytest.Item) -> list[pytest.FixtureDef[Any]]:
    """The fixtures of the test that are made for more than one test."""
    return [fixture for fixture in _fixtures(item).values() if fixture.scope != "function"]


def requests_processes(item: pytest.Item, names: Iterable[str]) -> bool:
    """Whether one of these fixtures is `processes`, or requests it in its turn."""
    known = _fixtures(item)
    return any(
        name == "processes" or (name in known and requests_processes(item, known[name].argnames))
        for name in names
    )


def _fixtures(item: pytest.Item) -> dict[str, pytest.FixtureDef[Any]]:
    """All fixtures that the test needs, by name; pytest has no public name for this."""
    info: Any = getattr(item, "_fixtureinfo", None)
    return {name: found[-1] for name, found in info.name2fixturedefs.items()} if info else {}
