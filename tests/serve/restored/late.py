"""Any app, named by LATE, with a route that lists the modules that were imported after the restore or the start."""

import json
import os
import random
import sys
from collections.abc import Iterable
from typing import Any

from snapshot_restore_py import register_after_restore, register_before_snapshot

from serve.loader import load_app

served = load_app(os.environ["LATE"])
told: dict[str, Any] = {"hooks": []}
random.seed("the same in each instance")


@register_before_snapshot
def before() -> None:
    told["hooks"].append("before")
    if os.environ.get("PRIMES"):
        name: str = vars(sys.modules["__main__"])["HANDLER"]
        handler = vars(sys.modules[name.rpartition(".")[0]])["handler"]
        handler({"version": "2.0", "requestContext": {"http": {"method": "GET", "path": "/hello"}}}, None)


@register_after_restore
def after() -> None:
    told["hooks"].append("after")
    told["modules"] = set(sys.modules)
    told["secret"] = os.environ.get("API_KEY")


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The app, and its report at /told."""
    told.setdefault("modules", set(sys.modules))  # of an instance that was not restored
    if environ["PATH_INFO"] != "/told":
        return served(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    late = sorted(set(sys.modules) - told["modules"])
    report = {**told, "modules": late, "number": random.random()}
    return [json.dumps(report).encode()]
