"""A PostgreSQL of its own on a loopback port, run as a user without rights, for as long as a test needs it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from local.instances.ports import free_port

PATIENCE = 60


def programs() -> Path | None:
    """The folder of initdb and postgres: Debian keeps them off PATH."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


class Cluster:
    """A database server that can be stopped and started again; `url` stays the same."""

    def __init__(self, bin_folder: Path, folder: Path) -> None:
        self.bin_folder = bin_folder
        self.folder = folder
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        # initdb refuses root.
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
            self.user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        command = [bin_folder / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **self.user)

    def start(self) -> None:
        """Start it; requests come through once it has recovered."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [self.bin_folder / "postgres", "-D", self.folder / "data", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen[bytes](
                command, stdout=log, stderr=log, cwd=self.folder, **self.user
            )

    def stop(self, mode: str = "fast") -> None:
        """End it as `pg_ctl stop -m fast|immediate` does: connections are cut, politely or not."""
        if self._process:
            self._process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
            self._process.wait(PATIENCE)
            self._process = None

    def restart(self, mode: str) -> None:
        self.stop(mode)
        self.start()
        self.wait()

    def wait(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def query(self, text: str, *values: Any) -> list[Any]:
        """The first column of the rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text, values)  # pyright: ignore[reportArgumentType] - the tests' own texts
            return [row[0] for row in cursor] if cursor.description else []

    def others(self) -> list[int]:
        """The processes that serve anybody but this query."""
        return self.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


@contextmanager
def cluster() -> Generator[Cluster]:
    """A running cluster, gone at the end. Raises FileNotFoundError where PostgreSQL is not installed."""
    bin_folder = programs()
    if bin_folder is None:
        raise FileNotFoundError("no initdb on PATH or in /usr/lib/postgresql; install PostgreSQL")
    # Not pytest's folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        running = Cluster(bin_folder, Path(folder))
        running.start()
        try:
            running.wait()
            yield running
        finally:
            running.stop("immediate")


def children(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def is_frozen(pid: int) -> bool:
    """Whether the process is stopped (T), as between two Lambda events."""
    return bool(re.search(r"\) T ", Path(f"/proc/{pid}/stat").read_text()))


def until(is_so: Callable[[], Any], what: str) -> None:
    """Wait until `is_so`; fail if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)
