"""The first request of each kind in a process that has just started: what the start saved must not be paid here."""

import json
import subprocess
import time
from functools import partial

from benchmarks import tree
from benchmarks.events import FORM, MULTIPART, event
from benchmarks.paired import Sample, describe_machine, measure, report

ROUNDS = 30
JSON = "application/json"
REQUESTS = {
    "JSON": ("app:create_app()", event("POST", "/echo", b'{"message": "hello world"}', JSON)),
    "template": ("benchmarks.apps.pages:create_app()", event("GET", "/")),
    "form": ("benchmarks.apps.forms:create_form()", event("POST", "/form", b"name=you", FORM)),
    "multipart": (
        "benchmarks.apps.forms:create_form()",
        event("POST", "/form", MULTIPART, "multipart/form-data; boundary=b"),
    ),
    "session": ("benchmarks.apps.forms:create_app()", event("POST", "/", b"name=you", FORM)),
}


def main() -> None:
    """Measure and print."""
    describe_machine()
    tree.prepare()
    for name, (app, request) in REQUESTS.items():
        print(f"first {name} request, {ROUNDS} rounds")
        run = partial(first_request, app, json.dumps(request))
        subjects = {
            "FAST_START=off": partial(run, "off"),
            "the same again": partial(run, "off"),
            "ours": partial(run, "on"),
        }
        report(measure(subjects, ROUNDS))


def first_request(app: str, request: str, setting: str) -> Sample:
    """Milliseconds of time and of CPU that the first request takes in a fresh process."""
    done = subprocess.run(
        ["python3", "-m", "benchmarks.first", request],
        env=tree.environment({"APP": app, "FAST_START": setting}),
        cwd=tree.CACHE / "srv",
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _measure_in_this_process(request: str) -> None:
    from serve import lambda_runtime  # noqa: PLC0415 - as the door does
    from serve.aws_lambda import handler  # noqa: PLC0415

    assert lambda_runtime
    question = json.loads(request)
    wall, cpu = time.perf_counter(), time.process_time()
    answer = handler(question, None)
    taken = {"wall ms": (time.perf_counter() - wall) * 1000, "CPU ms": (time.process_time() - cpu) * 1000}
    if answer["statusCode"] != 200:  # noqa: PLR2004
        raise RuntimeError(answer)
    print(json.dumps(taken))


if __name__ == "__main__":
    import sys

    _measure_in_this_process(sys.argv[1])
