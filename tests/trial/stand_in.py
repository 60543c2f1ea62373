"""A stand-in for the Pulumi command, for the course of a trial where no engine is: stacks in a file, faults by request.

The folder in which it works holds `stacks.json`, and `faults.json` with what is to happen: {"up": ["fail", "hang", ""],
...}, the first for the first run of that command, and so on. A command that hangs says so by the file `hangs`, and ends
as Pulumi does after a signal, a stubborn one after two.

It is started hundreds of times, so the command is a script of bash, which starts in a tenth of Python's time: it sends
its words to a thread of the tests, passes on each interrupt, prints what it gets and ends as it is told.
"""

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedRWPair
from pathlib import Path
from typing import Any

DIGEST = "registry.example.com/shop@sha256:" + "a" * 64
ROLE = {
    "type": "aws:iam/role:Role",
    "urn": "urn:pulumi:t::p::aws:iam/role:Role::shop",
    "id": "shop-1",
    "custom": True,
}
# To the thread: the number of words and the words, each with a zero byte, then a line for each interrupt. From it:
# lines to be printed, marked by where, and at last the exit status.
COMMAND = """\
#!/usr/bin/env bash
exec 3<>/dev/tcp/127.0.0.1/{port}
trap 'echo interrupted >&3' INT
printf '%s\\0' $# "$@" >&3
while IFS= read -r line <&3; do
    case $line in
        1*) printf '%s\\n' "${{line#1}}" ;;
        2*) printf '%s\\n' "${{line#2}}" >&2 ;;
        =*) exit "${{line#=}}" ;;
    esac
done
exit 1
"""


@contextmanager
def answering(folder: Path) -> Generator[str]:
    """The text of a command that is Pulumi's stand-in, for as long as this lasts."""
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener, folder, is_over), daemon=True)
        thread.start()
        try:
            yield COMMAND.format(port=listener.getsockname()[1])
        finally:
            is_over.set()
            # The thread waits for one more; if a command still hangs, a test has failed.
            socket.create_connection(listener.getsockname()).close()
            thread.join(timeout=10)


def _answer(listener: socket.socket, folder: Path, is_over: threading.Event) -> None:
    while not is_over.is_set():
        connection, _ = listener.accept()
        # A command may be killed at any moment, even before it has sent its words.
        with suppress(OSError), connection, connection.makefile("rwb") as file:
            if count := _word(file):
                _Run(folder, file).end([_word(file) for _ in range(int(count))])


def _word(file: BufferedRWPair) -> str:
    """The next word; "" if there is none."""
    word = b""
    while (byte := file.read(1)) not in {b"\0", b""}:
        word += byte
    return word.decode()


@dataclass
class _Run:
    """One run of the command, whose other side is `file`."""

    folder: Path
    file: BufferedRWPair

    def end(self, words: list[str]) -> None:
        """Do what these words ask for, and end the command."""
        try:
            status = self.status(words)
        except Exception as fault:  # noqa: BLE001 - such as a stack that is not there; the next run needs the thread
            self.complain(f"error: {fault!r}")
            status = 1
        self.send(f"={status}")

    def send(self, line: str) -> None:
        self.file.write(f"{line}\n".encode())
        self.file.flush()

    def say(self, text: str) -> None:
        self.send(f"1{text}")

    def complain(self, text: str) -> None:
        self.send(f"2{text}")

    def status(self, words: list[str]) -> int:
        plain = [word for word in words if not word.startswith("--")]
        if plain[0] == "version":
            self.say("v0.0.0")
            return 0
        stacks = self.read("stacks.json")
        if plain[0] == "stack":
            return self._stack(plain[1], words, stacks)
        name = words[words.index("--stack") + 1]
        if plain[0] == "config":
            return self._config(plain, words, stacks, stacks[name])
        return self._deploying(plain[0], stacks, stacks[name])

    def _stack(self, what: str, words: list[str], stacks: dict[str, Any]) -> int:
        if what == "ls":
            listed = [
                {"name": name, "resourceCount": len(of["resources"]), "current": bool(of.get("current"))}
                for name, of in stacks.items()
            ]
            self.say(json.dumps(listed))
            return 0
        name = (
            words[2]
            if what in {"init", "select"}
            else words[-4]
            if what == "rm"
            else words[words.index("--stack") + 1]
        )
        if what == "init":
            stacks[name] = {"config": {}, "resources": [], "outputs": {}, "versions": []}
        elif what == "rm":
            if stacks[name]["resources"]:
                self.complain(f"error: {name} still has resources; removal rejected")
                return 1
            del stacks[name]
            for of in stacks.values():  # as Pulumi does, whichever stack was removed
                of["current"] = False
        elif what == "select":
            stacks[name]["current"] = True
        elif what == "output":
            self.say(json.dumps(stacks[name]["outputs"]))
        elif what == "export":
            self.say(json.dumps({"version": 3, "deployment": {"resources": stacks[name]["resources"]}}))
        elif what == "import":
            state = json.loads(Path(words[words.index("--file") + 1]).read_text(encoding="utf-8"))
            stacks[name]["resources"] = state["deployment"]["resources"]
        self.write("stacks.json", stacks)
        return 0

    def _config(
        self, plain: list[str], words: list[str], stacks: dict[str, Any], stack: dict[str, Any]
    ) -> int:
        pairs = [
            word.removeprefix("--plaintext=").partition("=")
            for word in words
            if word.startswith("--plaintext=")
        ]
        stack["config"] |= {key: value for key, _, value in pairs}
        if plain[1:2] == ["rm"]:
            stack["config"].pop(plain[2], None)
        if "--json" in words:
            self.say(json.dumps({f"shop:{key}": {"value": value} for key, value in stack["config"].items()}))
        self.write("stacks.json", stacks)
        return 0

    def _deploying(self, what: str, stacks: dict[str, Any], stack: dict[str, Any]) -> int:
        faults = self.read("faults.json")
        fault = faults[what].pop(0) if faults.get(what) else ""
        self.write("faults.json", faults)
        self.say(f"{what} of a stand-in")
        if fault in {"hang", "stubborn"}:
            return self._hang(signals=2 if fault == "stubborn" else 1)
        if fault == "fail":
            self.say(f"error: {what} was refused for arn:aws:iam::123456789012:role/shop")
            return 1
        if what == "up":
            _up(stack)
        elif what == "destroy":
            stack["resources"], stack["outputs"] = [], {}
        elif what == "refresh" and fault != "left":
            stack["resources"] = []
        self.write("stacks.json", stacks)
        return 0

    def _hang(self, signals: int) -> int:
        self.write("hangs", {})
        for _ in range(signals):
            self.file.readline()
        self.complain("error: update canceled")
        return 255

    def read(self, name: str) -> Any:
        path = self.folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def write(self, name: str, data: Any) -> None:
        (self.folder / name).write_text(json.dumps(data), encoding="utf-8")


def _up(stack: dict[str, Any]) -> None:
    config = {key: value for key, value in stack["config"].items() if key != "canaryPercent"}
    versions = stack["versions"]
    if not versions or versions[-1] != config:
        versions.append(config)
    newest, share = str(len(versions)), int(stack["config"].get("canaryPercent", 100))
    promoted = newest if share == 100 else stack["outputs"]["promoted"]
    shares = {promoted: 100 - share, newest: share} if promoted != newest else {newest: 100}
    stack["resources"] = [ROLE]
    stack["outputs"] = {
        "url": "https://shop.example.com",
        "platform": "aws",
        "image": DIGEST,
        "promoted": promoted,
        "releases": [
            {"version": str(n + 1), "digest": "sha256:a", "build": "b"} for n in range(len(versions))
        ],
        "traffic": {version: percent for version, percent in shares.items() if percent},
    }
