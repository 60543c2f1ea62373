"""Transactions on a PostgreSQL that may sleep, restart or cut connections, from an instance that may be frozen.

    DATABASE_URL    postgresql://USER:PASSWORD@HOST/DATABASE
    DATABASE_KEEP   off (the default): each transaction has a connection of its own, so that a database that sleeps
                    without connections can sleep while instances are idle; on: each thread keeps a connection, for
                    a busy service
    DATABASE_WAIT   seconds that a database may take to wake up; less than a request may take. 20 by default

docs/growing.md says why it is written so.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from snapshot_restore_py import register_before_snapshot

Result = TypeVar("Result")
log = logging.getLogger(__name__)

_switch = os.environ.get("DATABASE_KEEP", "off")
if _switch not in {"on", "off"}:
    raise ValueError(f"DATABASE_KEEP is {_switch!r}; it is on or off")
KEEP = _switch == "on"
WAIT_SECONDS = float(os.environ.get("DATABASE_WAIT", "20"))

# A connection may be cut while the instance is frozen, and the network does not say so. So an answer that does not
# come in time has to count as the end of the connection.
NETWORK: dict[str, Any] = {
    "tcp_user_timeout": 5000,  # ms until data that nobody acknowledges means a dead connection
    "keepalives_idle": 30,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
# After these times the database gives up an instance that was frozen or has gone without closing its connection. A
# pooler may refuse them at the start of a connection; then set them for the role: ALTER ROLE app SET
# idle_session_timeout = '5min'.
SESSION = {
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",  # its locks go
    "idle_session_timeout": "5min",  # a kept connection is closed, so that the database may sleep
    "tcp_keepalives_idle": "60",
}
# Errors that waiting does not mend.
FINAL = ("authentication failed", "does not exist", "no pg_hba.conf entry")

# Not without end: the work itself may be the cause that ends the connection.
AGAIN = 2

_thread = threading.local()


@register_before_snapshot
def forget() -> None:
    """Keep no connection over Lambda's SnapStart: in each instance that is restored it would be a dead one."""
    # Hooks run in the thread that serves in Lambda mode.
    kept = vars(_thread).pop("connection", None)
    if kept:
        kept.close()


def transaction(work: Callable[[psycopg.Connection[Any]], Result], *, writes: bool = True) -> Result:
    """What `work` returns, committed.

    If the connection is lost before the commit, `work` is done again on a new one, twice at most, because the database
    may restart twice. Nothing has happened in the database then, so `work` must do nothing elsewhere. If the commit
    itself gets no answer, nobody knows whether it happened, so this raises psycopg.OperationalError, unless `work` only
    reads.
    """
    losses = 0
    while True:
        try:
            return _attempt(work, writes=writes)
        except _LostError as lost:
            losses += 1
            if losses > AGAIN:
                raise psycopg.OperationalError(
                    f"the connection to the database was lost each time: {lost}"
                ) from lost
            log.warning("The connection to the database was lost, so the work is done again: %s", lost)


class _LostError(Exception):
    """The connection ended before anything was committed."""


def _attempt(work: Callable[[psycopg.Connection[Any]], Result], *, writes: bool) -> Result:
    connection = _open()
    committing = False
    try:
        result = work(connection)
        committing = True
        connection.commit()
    except psycopg.Error as error:
        if not connection.closed or (committing and writes):
            raise
        raise _LostError(error) from error
    else:
        return result
    finally:
        _let_go(connection)


def connect() -> psycopg.Connection[Any]:
    """A new connection. If the database wakes up, restarts or is full, this waits for it, WAIT_SECONDS at most."""
    deadline = time.monotonic() + WAIT_SECONDS
    pause = 0.05
    while True:
        try:
            return psycopg.connect(
                os.environ["DATABASE_URL"],
                connect_timeout=max(2, int(deadline - time.monotonic())),
                options=" ".join(f"-c {name}={value}" for name, value in SESSION.items()),
                **NETWORK,
            )
        except psycopg.OperationalError as error:
            is_final = any(words in str(error) for words in FINAL)
            if is_final or time.monotonic() + pause > deadline:
                raise
            log.info("The database does not answer yet: %s", error)
        time.sleep(pause)
        pause = min(2 * pause, 1)


def _open() -> psycopg.Connection[Any]:
    """This thread's kept connection, or a new one. A kept one is not tested first: the work shows whether it lives."""
    kept = getattr(_thread, "connection", None)
    if kept and not kept.closed:
        return kept
    connection = connect()
    if KEEP:
        _thread.connection = connection
    return connection


def _let_go(connection: psycopg.Connection[Any]) -> None:
    """Close the connection, or keep it without an open transaction: a frozen instance must hold no locks."""
    if KEEP and not connection.closed:
        connection.rollback()
    else:
        connection.close()
