"""A PostgreSQL for all tests of the examples, with their table in it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.examples.cluster import Cluster, cluster


@pytest.fixture(scope="module", autouse=True)
def _forked(emulators: None) -> None:
    """No test here is about how an emulator starts."""


@pytest.fixture(scope="session")
def database_server(processes: None) -> Iterator[Cluster]:
    with ExitStack() as stack:
        try:
            running = stack.enter_context(cluster())
        except FileNotFoundError as missing:
            pytest.skip(str(missing))
        running.query("CREATE TABLE notes (id bigserial PRIMARY KEY, text text NOT NULL)")
        yield running


@pytest.fixture
def database(database_server: Cluster) -> Cluster:
    database_server.query("TRUNCATE notes")
    return database_server
