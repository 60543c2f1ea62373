"""A stand-in for the Pulumi command, for the course of a trial where no engine is: stacks in a file, faults by request.

The folder in STAND_IN holds `stacks.json`, and `faults.json` with what is to happen: {"up": ["fail", "hang", ""], ...},
the first for the first run of that command, and so on. A command that hangs says so by the file `hangs`, and ends as
Pulumi does after a signal, a stubborn one after two. It is started hundreds of times, so it imports little.
"""

# ruff: noqa: PTH110, PTH123 - pathlib takes as long to import as all that is needed here

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from typing import Any

FOLDER = os.environ.get("STAND_IN", ".")
DIGEST = "registry.example.com/shop@sha256:" + "a" * 64
ROLE = {
    "type": "aws:iam/role:Role",
    "urn": "urn:pulumi:t::p::aws:iam/role:Role::shop",
    "id": "shop-1",
    "custom": True,
}


def main(words: list[str]) -> int:
    plain = [word for word in words if not word.startswith("--")]
    stacks = _read("stacks.json")
    if plain[0] == "version":
        print("v0.0.0")
        return 0
    if plain[0] == "stack":
        return _stack(plain[1], words, stacks)
    name = words[words.index("--stack") + 1]
    if plain[0] == "config":
        return _config(plain, words, stacks, stacks[name])
    return _deploying(plain[0], stacks, stacks[name])


def _stack(what: str, words: list[str], stacks: dict[str, Any]) -> int:
    if what == "ls":
        listed = [
            {"name": name, "resourceCount": len(of["resources"]), "current": bool(of.get("current"))}
            for name, of in stacks.items()
        ]
        print(json.dumps(listed))
        return 0
    name = (
        words[2]
        if what in ("init", "select")
        else words[-4]
        if what == "rm"
        else words[words.index("--stack") + 1]
    )
    if what == "init":
        stacks[name] = {"config": {}, "resources": [], "outputs": {}, "versions": []}
    elif what == "rm":
        if stacks[name]["resources"]:
            print(f"error: {name} still has resources; removal rejected", file=sys.stderr)
            return 1
        del stacks[name]
        for of in stacks.values():  # as Pulumi does, whichever stack was removed
            of["current"] = False
    elif what == "select":
        stacks[name]["current"] = True
    elif what == "output":
        print(json.dumps(stacks[name]["outputs"]))
    elif what == "export":
        print(json.dumps({"version": 3, "deployment": {"resources": stacks[name]["resources"]}}))
    elif what == "import":
        with open(words[words.index("--file") + 1], encoding="utf-8") as file:
            state = json.load(file)
        stacks[name]["resources"] = state["deployment"]["resources"]
    _write("stacks.json", stacks)
    return 0


def _config(plain: list[str], words: list[str], stacks: dict[str, Any], stack: dict[str, Any]) -> int:
    pairs = [
        word.removeprefix("--plaintext=").partition("=") for word in words if word.startswith("--plaintext=")
    ]
    stack["config"] |= {key: value for key, _, value in pairs}
    if plain[1:2] == ["rm"]:
        stack["config"].pop(plain[2], None)
    if "--json" in words:
        print(json.dumps({f"shop:{key}": {"value": value} for key, value in stack["config"].items()}))
    _write("stacks.json", stacks)
    return 0


def _deploying(what: str, stacks: dict[str, Any], stack: dict[str, Any]) -> int:
    faults = _read("faults.json")
    fault = faults[what].pop(0) if faults.get(what) else ""
    _write("faults.json", faults)
    print(f"{what} of a stand-in")
    if fault in ("hang", "stubborn"):
        return _hang(signals=2 if fault == "stubborn" else 1)
    if fault == "fail":
        print(f"error: {what} was refused for arn:aws:iam::123456789012:role/shop")
        return 1
    if what == "up":
        _up(stack)
    elif what == "destroy":
        stack["resources"], stack["outputs"] = [], {}
    elif what == "refresh" and fault != "left":
        stack["resources"] = []
    _write("stacks.json", stacks)
    return 0


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


def _hang(signals: int) -> int:
    ended: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: ended.append(number))
    _write("hangs", {})
    while len(ended) < signals:
        time.sleep(0.02)
    print("error: update canceled")
    return 255


def _read(name: str) -> Any:
    path = f"{FOLDER}/{name}"
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _write(name: str, data: Any) -> None:
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as file:
        json.dump(data, file)
