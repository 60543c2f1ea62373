"""gunicorn's ASGI worker, which does not wait for idle connections when it is stopped.

A platform's front end keeps its connections open. gunicorn's own worker would wait for them until its master kills it:
for all of the time that an instance has to end, which is billed, and without the end of the app's lifespan.
"""

from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

# They have no types for what is used of them here.
Protocol: Any = ASGIProtocol
ASGIWorker: Any = gasgi.ASGIWorker


class Connection(Protocol):
    """A connection that its worker knows as long as it is idle: while the timer of keep-alive runs."""

    def _arm_keepalive_timer(self) -> None:
        super()._arm_keepalive_timer()
        self.worker.idle.add(self)

    def _cancel_keepalive_timer(self) -> None:
        super()._cancel_keepalive_timer()
        self.worker.idle.discard(self)


class Worker(ASGIWorker):
    """What gunicorn's configuration names."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.idle: set[Connection] = set()

    async def _shutdown(self) -> None:
        """End the idle connections as their timer would; wait for requests, and end the lifespan, as ever."""
        for connection in tuple(self.idle):
            connection._keepalive_timeout()  # noqa: SLF001 - gunicorn has no other way
        await super()._shutdown()


# Where the worker takes the class of its connections from.
gasgi.ASGIProtocol = Connection  # pyright: ignore[reportAttributeAccessIssue]
