"""A runtime that does to the Runtime API what a well-made one never does, and writes down each answer.

Usage: scripted_runtime.py FILE; the API's address is in AWS_LAMBDA_RUNTIME_API. It takes three events.
"""

import http.client
import json
import os
import sys
from pathlib import Path
from typing import Any

LIMIT = 6_291_556
NEXT = "/2018-06-01/runtime/invocation/next"
seen: list[dict[str, Any]] = []
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(what: str, method: str, path: str, body: bytes | None = None, **headers: str) -> dict[str, str]:
    """One request; what is the same at every run of its answer is noted."""
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    text = response.read().decode()
    got = {name.lower(): value for name, value in response.getheaders()}
    note: dict[str, Any] = {"what": what, "status": response.status, "type": got.get("content-type")}
    if path == NEXT and response.status == 200:
        note["event"] = json.loads(text)
        note["headers"] = sorted(name for name in got if name.startswith("lambda-"))
    elif got.get("content-type") == "application/json":
        answer = json.loads(text)
        note["answer"] = answer if response.status in (202, 400, 413) else answer["errorType"]
    seen.append(note)
    return got


def of(request_id: str, kind: str) -> str:
    return f"/2018-06-01/runtime/invocation/{request_id}/{kind}"


call("a response before any event", "POST", of("none", "response"), b"{}")
event = call("the first event", "GET", NEXT)
first = event["lambda-runtime-aws-request-id"]
call("the next event too early", "GET", NEXT)
call("a response to another request", "POST", of("another", "response"), b"{}")
call("an init error after init", "POST", "/2018-06-01/runtime/init/error", b"{}")
call("the wrong method", "POST", NEXT)
call("the response", "POST", of(first, "response"), b'{"first": 1}')
call("the response again", "POST", of(first, "response"), b'{"first": 2}')
second = call("the second event", "GET", NEXT)["lambda-runtime-aws-request-id"]
error = b'{"errorMessage": "no", "errorType": "Mine"}'
call("an error", "POST", of(second, "error"), error, lambda_runtime_function_error_type="Mine")
third = call("the third event", "GET", NEXT)["lambda-runtime-aws-request-id"]
call("a response over the limit", "POST", of(third, "response"), b'"' + b"x" * LIMIT + b'"')
connection.close()
Path(sys.argv[1]).write_text(json.dumps(seen), encoding="utf-8")
