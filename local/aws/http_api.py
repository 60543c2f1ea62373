"""An HTTP request to the event that an HTTP API sends to Lambda (payload 2.0). Pure; results.py has the way back.

Sources, by the names used below:
DOC   docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
TOOL  AWS's own emulator of HTTP APIs, whose cases were compared with the real one:
      github.com/aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2 (HttpContextExtensions, InvokeResponseExtensions)
SEEN  measured against the real service by github.com/ministackorg/ministack, pull request 766
"""

import base64
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import platforms
from local.aws.results import TOO_LARGE, error
from local.http.message import Answer, Request, end_to_end

ACCOUNT = "123456789012"
API = "local"
STAGE = "$default"
ROUTE = "$default"

_TEXT_TYPES = frozenset(("application/json", "application/xml", "application/javascript"))


@dataclass(frozen=True)
class Call:
    """The values that the HTTP API adds to a request: its id, the X-Ray trace id and the time in epoch milliseconds."""

    request_id: str
    trace_id: str
    epoch_ms: int

    @classmethod
    def of(cls, request: Request) -> "Call":
        """New ids and the present time. If the client began a trace, it goes on."""
        begun = (request.header(b"x-amzn-trace-id") or b"").decode("latin-1")
        now = time.time()
        return cls(
            request_id=base64.urlsafe_b64encode(os.urandom(11)).decode(),
            trace_id=begun if "Root=" in begun else f"Root=1-{int(now):08x}-{os.urandom(12).hex()}",
            epoch_ms=int(now * 1000),
        )


def refusal(request: Request) -> Answer | None:
    """The HTTP API's answer to a request that it does not pass on, or None.

    Both limits are documented (.../developerguide/http-api-quotas.html). The answer 413 with its text is in TOOL; the
    answer 431 is not documented.
    """
    if request.head_size > platforms.limit("aws", "gateway_header_size"):
        return error(431, "Request Header Fields Too Large")
    if len(request.body) > platforms.limit("aws", "gateway_payload"):
        return TOO_LARGE
    return None


def to_event(request: Request, call: Call, authorizer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The event of payload 2.0 that `request` becomes on the route and stage $default (DOC).

    `authorizer`: what an authorizer says of the caller, None without an authorizer.
    """
    # Decoded once (TOOL: "this should be decoded value"). JSON cannot carry bytes that are no UTF-8 as they were.
    path = unquote_to_bytes(request.path).decode("utf-8", "replace")
    query = request.query.decode("utf-8", "replace")
    headers = _headers(request, call)
    cookies = _cookies(request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": ROUTE,
        "rawPath": path,
        "rawQueryString": query,
    }
    # A part that is empty is absent, not null (SEEN for the body and the parameters).
    if cookies:
        event["cookies"] = cookies
    event["headers"] = headers
    if query:
        event["queryStringParameters"] = _parameters(query)
    event["requestContext"] = _context(request, call, path, headers)
    if authorizer:
        event["requestContext"]["authorizer"] = authorizer
    if request.body:
        event |= _body(request)
    return event | {"isBase64Encoded": event.get("isBase64Encoded", False)}


def identified(answer: Answer, call: Call) -> Answer:
    """`answer` with the request's id, which every response of an HTTP API has (seen in captured responses)."""
    return replace(answer, headers=[*answer.headers, (b"apigw-requestid", call.request_id.encode())])


def _headers(request: Request, call: Call) -> dict[str, str]:
    """Lower-case names, repeated values joined by a comma (DOC), cookies apart, and what the HTTP API adds."""
    joined: dict[str, str] = {}
    for name, value in end_to_end(request.headers):
        if name in (b"cookie", b"expect"):
            continue
        # Latin-1 loses nothing; how the real one reads bytes outside ASCII is not documented.
        key, text = name.decode("latin-1"), value.decode("latin-1")
        joined[key] = f"{joined[key]},{text}" if key in joined else text
    forwarded = joined.get("x-forwarded-for")
    joined |= {
        # Every event has it, 0 without a body: seen in captured events of GET requests.
        "content-length": str(len(request.body)),
        "x-amzn-trace-id": call.trace_id,
        "x-forwarded-for": f"{forwarded}, {request.client.address}" if forwarded else request.client.address,
        # The real one always says https and 443; here the client's own scheme and port keep absolute links working.
        "x-forwarded-port": str(request.client.port),
        "x-forwarded-proto": request.client.scheme,
    }
    return dict(sorted(joined.items()))


def _cookies(request: Request) -> list[str]:
    """One entry for each cookie, however many Cookie headers there are (DOC; seen in captured events)."""
    lines = [value.decode("latin-1") for name, value in request.headers if name == b"cookie"]
    return [cookie for line in lines for part in line.split(";") if (cookie := part.strip())]


def _parameters(query: str) -> dict[str, str]:
    """Decoded, repeated ones joined by a comma (DOC)."""
    joined: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _context(request: Request, call: Call, path: str, headers: dict[str, str]) -> dict[str, Any]:
    host = headers.get("host", "")
    domain = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    moment = time.gmtime(call.epoch_ms / 1000)
    return {
        "accountId": ACCOUNT,
        "apiId": API,
        # "This should be the same as the incoming Host header", and its first label:
        # docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": request.protocol,
            "sourceIp": request.client.address,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": call.request_id,
        "routeKey": ROUTE,
        "stage": STAGE,
        "time": f"{moment.tm_mday:02d}/{_MONTHS[moment.tm_mon - 1]}/{time.strftime('%Y:%H:%M:%S', moment)} +0000",
        "timeEpoch": call.epoch_ms,
    }


# Not strftime's %b, which follows the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _body(request: Request) -> dict[str, Any]:
    """Text for a short list of types, base64 for all others, also for no type and for forms (SEEN)."""
    content_type = (request.header(b"content-type") or b"").decode("latin-1")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in _TEXT_TYPES:
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            # The text is no UTF-8. It is not documented what the real one does; base64 loses nothing.
            pass
    return {"body": base64.b64encode(request.body).decode("ascii"), "isBase64Encoded": True}
