"""A program that serves many events in one process and prints what it then holds more than before, as JSON."""

import gc
import itertools
import json
import logging
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import create_app
from serve.aws_lambda import make_handler, wsgi_caller
from serve.instance import Identity, identify
from serve.messages import REMEMBERED
from tests.serve.lambda_events import payload_v2

JSON = [("content-type", "application/json")]
KINDS: list[dict[str, Any]] = [
    payload_v2(path="/hello", headers=[("cookie", "a=1")]),
    payload_v2("POST", "/echo", headers=JSON, body=b'{"message": "caf\xc3\xa9"}'),
    payload_v2("POST", "/echo", headers=JSON, body=b"\xff"),
    {"source": "aws.events", "headers": {}},
]


def resources() -> dict[str, int]:
    """Bytes of Python objects, if they are traced, threads and open files."""
    gc.collect()
    files = len(list(Path("/proc/self/fd").iterdir()))
    return {"bytes": tracemalloc.get_traced_memory()[0], "threads": threading.active_count(), "files": files}


def main() -> None:
    logging.disable(logging.CRITICAL)
    handler = make_handler(wsgi_caller(identify(create_app(), Identity(), build="b")))

    def serve(events: int, numbers: Iterator[int]) -> None:
        """Events with a header that has one of these numbers in its name."""
        for kind, number in zip(itertools.cycle(KINDS), itertools.islice(numbers, events), strict=False):
            handler({**kind, "headers": {**kind["headers"], f"x-{number}": "1"}}, None)

    events = int(sys.argv[1])
    never_again = itertools.count()
    serve(2 * REMEMBERED, never_again)
    gc.collect()
    blocks = sys.getallocatedblocks()
    serve(events, never_again)
    gc.collect()
    blocks = sys.getallocatedblocks() - blocks

    again_and_again = itertools.cycle(range(10))
    tracemalloc.start()
    # Python's own lists of free objects grow for a while.
    serve(1500, again_and_again)
    before = resources()
    serve(events, again_and_again)
    after = resources()
    print(json.dumps({"blocks": blocks} | {name: after[name] - before[name] for name in before}))


if __name__ == "__main__":
    main()
