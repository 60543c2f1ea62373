"""What Lambda mode runs: awslambdaric's loop around the handler, with an end on SIGTERM that loses nothing."""

from . import start

start.begin()  # before anything that it makes faster is imported
try:
    import json
    import logging
    import os
    import signal
    import sys
    from contextlib import nullcontext
    from typing import Any

    from . import lambda_json

    with lambda_json.in_place_of_awss() if start.is_fast() else nullcontext():
        from awslambdaric import bootstrap
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient
        from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

    from .events import payload_v2
    from .events.body import RESPONSE_LIMIT
    from .messages import INTERNAL_ERROR
    from .results import Piecewise, Results
except ModuleNotFoundError as missing:
    if missing.name not in ("awslambdaric", "runtime_client"):
        raise
    sys.exit(
        "Lambda mode needs awslambdaric, which is not installed; it exists for Linux alone, elsewhere run the image"
    )

log = logging.getLogger(__name__)

HANDLER = f"{__package__}.aws_lambda.handler"
_SIGTERM = {signal.SIGTERM}


class Marshaller(LambdaMarshaller):
    """AWS's own, but a result that is sent in pieces is passed on unchanged."""

    def marshal_response(self, response: Any) -> Any:
        """The result for `post_invocation_result`, and its content type."""
        return (response, "") if isinstance(response, Piecewise) else super().marshal_response(response)


class Client(LambdaRuntimeClient):
    """Waits for the next event. SIGTERM ends the process at once then; a request that has begun is answered first.

    Results are posted on a connection of its own. `prepare`, if there is one, is called before the first event.
    """

    ending = False
    prepare: Any = None
    marshaller = Marshaller()

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.results = Results(address)

    def wait_next_invocation(self) -> Any:
        """The next event. Exits if SIGTERM came during the request before it."""
        if self.prepare:
            self.prepare()
            self.prepare = None
        # In the library's C code no Python handler would run, so the system's own takes over while it waits. The signal
        # is blocked until that is done, because Python drops one that comes while it changes its handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGTERM)
        if self.ending:
            sys.exit(0)
        event = super().wait_next_invocation()
        signal.signal(signal.SIGTERM, self._end_after_this_request)
        return event

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: str | bytes | Piecewise,
        content_type: str = "application/json",  # noqa: ARG002 - the handler gives JSON alone
        invocation_id: str | None = None,
    ) -> None:
        """Post the handler's result; a 500 in its place if its headers take it past Lambda's limit.

        Raises OSError or RefusedError if it cannot be posted; that ends the process, as in the library.
        """
        if isinstance(result_data, Piecewise):
            result_data.run(self.results, invoke_id, invocation_id)
            return
        # If a result is too large, the Runtime API's answer ends this process.
        data = result_data.encode() if isinstance(result_data, str) else result_data
        if len(data) > RESPONSE_LIMIT:
            log.error("The result is %d bytes of JSON; Lambda carries %d", len(data), RESPONSE_LIMIT)
            data = json.dumps(payload_v2.write(INTERNAL_ERROR, "GET", {})).encode()
        # Not by the library's C code, which takes half as long again.
        self.results.post(invoke_id, invocation_id, data)

    def _end_after_this_request(self, _number: int, _frame: Any) -> None:
        self.ending = True


def main() -> None:
    """Serve events until the platform ends this process. Exits with one line if there is no Runtime API."""
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address:
        sys.exit(
            "RUN_MODE is lambda, but AWS_LAMBDA_RUNTIME_API does not say where Lambda's Runtime API is; "
            "on a machine of yours run: python -m local aws"
        )
    client = Client(address)
    kind = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
    if kind in ("snap-start", "provisioned-concurrency"):
        from . import snapshot  # noqa: PLC0415 - nobody pays for it whose start is waited for

        if kind == "snap-start":
            snapshot.register()
        else:
            client.prepare = snapshot.prepare
    bootstrap.run(HANDLER, client)


if __name__ == "__main__":
    main()
