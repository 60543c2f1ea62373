"""The database recipe's connections, in this process: kept, lost, replaced, given up."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from examples import postgres
from tests.examples.cluster import Cluster, until


@pytest.fixture
def here(database: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The recipe's functions in this process, on the database, with kept connections."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setattr(postgres, "KEEP", True)
    yield database
    kept = getattr(postgres._thread, "connection", None)
    if kept:
        kept.close()


def shorten(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Set one of the recipe's own time limits lower, so that the test need not wait for it."""
    assert name in postgres.SESSION
    monkeypatch.setitem(postgres.SESSION, name, value)


def pid_of(connection: psycopg.Connection[Any]) -> int:
    return connection.info.backend_pid


def test_a_kept_connection_is_kept_and_goes_when_nobody_uses_it(
    here: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "idle_session_timeout", "1s")
    first = postgres.transaction(pid_of)
    assert postgres.transaction(pid_of) == first

    until(lambda: here.others() == [], "cut off by the database")

    assert (
        postgres.transaction(lambda connection: connection.execute("SELECT 1") and pid_of(connection))
        != first
    )


def test_an_instance_frozen_in_a_transaction_loses_its_locks_and_does_the_work_again(
    here: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "idle_in_transaction_session_timeout", "100ms")
    attempts: list[int] = []

    def write(connection: psycopg.Connection[Any]) -> None:
        connection.execute("INSERT INTO notes (text) VALUES ('once')")
        attempts.append(pid_of(connection))
        if len(attempts) == 1:
            # What a freeze looks like from the database: nothing comes.
            until(lambda: attempts[0] not in here.others(), "cut off by the database")
        connection.execute("SELECT 1")

    postgres.transaction(write)

    assert len(attempts) == 2
    assert here.query("SELECT text FROM notes") == ["once"]


@pytest.mark.parametrize("losses", [1, 2, 3])
def test_a_connection_lost_again_is_replaced_again_but_not_without_end(here: Cluster, losses: int) -> None:
    """Two restarts may come during one request."""
    attempts: list[int] = []

    def read(connection: psycopg.Connection[Any]) -> str:
        attempts.append(pid_of(connection))
        if len(attempts) <= losses:
            here.query("SELECT pg_terminate_backend(%s, 10000)", attempts[-1])
        connection.execute("SELECT 1")
        return "read"

    if losses == 3:
        with pytest.raises(psycopg.OperationalError, match="lost each time"):
            postgres.transaction(read, writes=False)
    else:
        assert postgres.transaction(read, writes=False) == "read"
    assert len(set(attempts)) == min(losses + 1, 3)


def test_a_commit_without_an_answer_is_not_done_again(here: Cluster) -> None:
    attempts: list[int] = []

    class Cut(psycopg.Connection[Any]):
        def commit(self) -> None:
            here.query("SELECT pg_terminate_backend(%s, 10000)", pid_of(self))
            super().commit()

    def write(connection: psycopg.Connection[Any]) -> None:
        connection.__class__ = Cut
        connection.execute("INSERT INTO notes (text) VALUES ('never')")
        attempts.append(pid_of(connection))

    with pytest.raises(psycopg.OperationalError):
        postgres.transaction(write)

    assert len(attempts) == 1


def test_what_waiting_cannot_change_is_an_error_at_once(
    here: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{here.url.removesuffix('postgres')}nothing")
    caplog.set_level("INFO")

    with pytest.raises(psycopg.OperationalError, match='database "nothing" does not exist'):
        postgres.connect()

    assert caplog.records == []
