"""A program that serves many events in one process and prints what it then holds more than before, as JSON."""

import gc
import json
import logging
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

from app import create_app
from serve.aws_lambda import make_handler, wsgi_caller
from serve.instance import Identity, identify
from tests.serve.lambda_events import payload_v2

JSON = [("content-type", "application/json")]
KINDS: list[dict[str, Any]] = [
    payload_v2(path="/hello", headers=[("cookie", "a=1")]),
    payload_v2("POST", "/echo", headers=JSON, body=b'{"message": "caf\xc3\xa9"}'),
    payload_v2("POST", "/echo", headers=JSON, body=b"\xff"),
    {"source": "aws.events", "headers": {}},
]


def resources() -> dict[str, int]:
    """Bytes of Python objects, threads and open files."""
    gc.collect()
    files = len(list(Path("/proc/self/fd").iterdir()))
    return {"bytes": tracemalloc.get_traced_memory()[0], "threads": threading.active_count(), "files": files}


def main() -> None:
    logging.disable(logging.CRITICAL)
    handler = make_handler(wsgi_caller(identify(create_app(), Identity(), build="b")))

    def serve(count: int) -> None:
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            # Names of headers are remembered, so names that never end must not be a leak.
            handler({**kind, "headers": {**kind["headers"], f"x-{number}": "1"}}, None)

    tracemalloc.start()
    serve(2000)
    before = resources()
    serve(int(sys.argv[1]))
    after = resources()
    print(json.dumps({name: after[name] - before[name] for name in before}))


if __name__ == "__main__":
    main()
