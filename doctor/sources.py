"""Looks for streams and WebSockets in an app's code, because not every platform carries them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from appfolder.image import listed
from appfolder.settings import App
from doctor.finding import Finding, some

_STREAM = re.compile(
    r"\bStreamingResponse\(|\bStreamingHttpResponse\(|\bstream_with_context\(|\bEventSourceResponse\(|text/event-stream"
)


def findings(app: App, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """A line for each thing that some platforms do not carry."""
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
