"""A container engine's command line, and a container that is asked from inside."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

# Runs in the container, so that a port is reached although the container has no network.
ASK = """
import http.client, json, sys, time
port, method, path, body = sys.argv[1:]
headers = {"content-type": "application/json"} if body else {}
for attempt in range(100):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    try:
        connection.request(method, path, body or None, headers)
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
answer = connection.getresponse()
print(json.dumps([answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read().decode()]))
"""


@dataclass(frozen=True)
class Engine:
    """podman or docker."""

    name: str

    def run(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run([self.name, *arguments], capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{self.name} {' '.join(arguments)}: {done.stderr}"
        return done

    @property
    def run_options(self) -> list[str]:
        """What this engine needs to run a container in a container."""
        if self.name == "docker":
            return []
        runtime = ["--runtime=runc"] if shutil.which("runc") else []
        return [*runtime, "--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000"]


@dataclass(frozen=True)
class Container:
    """A running container."""

    engine: Engine
    name: str

    def execute(self, *command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return self.engine.run("exec", self.name, *command, check=check)

    def ask(
        self, method: str, path: str, body: str = "", port: int = 8080
    ) -> tuple[int, dict[str, str], Any]:
        """Send a request from inside, as soon as the port is open: status, headers, the body read as JSON."""
        status, headers, text = json.loads(
            self.execute("python3", "-c", ASK, str(port), method, path, body).stdout
        )
        return status, headers, json.loads(text)

    def wait(self) -> int:
        """The exit status, once it has ended."""
        return int(self.engine.run("wait", self.name).stdout)

    def logs(self) -> str:
        done = self.engine.run("logs", self.name)
        return done.stdout + done.stderr
