"""Looks in an app's code for what not every platform carries, and for a configuration that the doors do not read."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from appfolder.image import listed
from appfolder.settings import App
from doctor.finding import Finding, some

_STREAM = re.compile(
    r"\bStreamingResponse\(|\bStreamingHttpResponse\(|\bstream_with_context\(|\bEventSourceResponse\(|text/event-stream"
)
# What gunicorn calls of a configuration, such as post_fork.
_HOOK = re.compile(r"^def (?!_)(\w+)\(", re.MULTILINE)
_CONFIGURATION = "gunicorn.conf.py"


def findings(app: App, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """A line for each thing that some platforms do not carry, and for a configuration of gunicorn."""
    yield from _configuration(app)
    if facts["websocket"]:
        yield Finding(
            "differs",
            f"it takes WebSockets ({facts['websocket']}): gcp and ecs carry them, for as long as a request may take; "
            "aws and apprunner refuse them, and clients have to fall back to plain requests",
        )
    streaming = [
        name
        for name, path in listed(app).goes_in
        if name.endswith(".py")
        and not {"tests", "test"} & set(path.parts)
        and path.is_file()
        and _STREAM.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    if streaming:
        yield Finding(
            "differs",
            f"it streams ({some(streaming)}): aws does so with the stack key door at function-url, and else sends the "
            "whole response at its end; apprunner ends one after 120 s",
        )


def _configuration(app: App) -> Iterator[Finding]:
    """If gunicorn is started there by its name, it reads such a file."""
    file = app.folder / _CONFIGURATION
    if file.is_file():
        hooks = _HOOK.findall(file.read_text(encoding="utf-8", errors="replace"))
        called = f", and what its functions do ({some(hooks)}) belongs into the app" if hooks else ""
        yield Finding(
            "differs" if hooks else "note",
            f"{_CONFIGURATION} is not read, because the doors have settings of their own: WEB_CONCURRENCY and THREADS "
            f"are processes and threads{called}",
        )
