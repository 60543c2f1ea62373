"""An HTTP request to the event that an HTTP API sends to Lambda (payload 2.0), and Lambda's result to HTTP. Pure.

Sources, by the names used below:
DOC   docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
TOOL  AWS's own emulator of HTTP APIs, whose cases were compared with the real one:
      github.com/aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2 (HttpContextExtensions, InvokeResponseExtensions)
SEEN  measured against the real service by github.com/ministackorg/ministack, pull request 766
"""

import base64
import binascii
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import platforms
from local.http.message import Answer, Headers, Request, end_to_end

ACCOUNT = "123456789012"
API = "local"
STAGE = "$default"
ROUTE = "$default"

_TEXT_TYPES = frozenset(("application/json", "application/xml", "application/javascript"))
# No Content, Not Modified: there is nothing to send, whatever the function gave.
_BODILESS = (204, 304)
_FIELD_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")


@dataclass(frozen=True)
class Call:
    """What the HTTP API makes up for one request: its id, the X-Ray trace id and the time in epoch milliseconds."""

    request_id: str
    trace_id: str
    epoch_ms: int

    @classmethod
    def of(cls, request: Request) -> "Call":
        """New ids and the present time; a trace that the client began goes on."""
        begun = (request.header(b"x-amzn-trace-id") or b"").decode("latin-1")
        now = time.time()
        return cls(
            request_id=base64.urlsafe_b64encode(os.urandom(11)).decode(),
            trace_id=begun if "Root=" in begun else f"Root=1-{int(now):08x}-{os.urandom(12).hex()}",
            epoch_ms=int(now * 1000),
        )


def refusal(request: Request) -> Answer | None:
    """The HTTP API's answer to a request that it does not pass on, or None.

    Both limits are documented (.../developerguide/http-api-quotas.html); of the answers, 413 with its text is in TOOL,
    431 is not documented.
    """
    if request.head_size > platforms.limit("aws", "gateway_header_size"):
        return error(431, "Request Header Fields Too Large")
    if len(request.body) > platforms.limit("aws", "gateway_payload"):
        return TOO_LARGE
    return None


def to_event(request: Request, call: Call, authorizer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The event of payload 2.0 that `request` becomes on the route and stage $default (DOC).

    `authorizer` is what one says of the caller, where there is one.
    """
    # Decoded once (TOOL: "this should be decoded value"); what is no UTF-8 cannot be carried by JSON as it was.
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
    # Absent, not null, where there are none (SEEN for the body and the parameters).
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


def to_answer(result: bytes, method: str) -> Answer:
    """The response to a `method` request that a function's result becomes; a malformed one is 500 (DOC, TOOL)."""
    try:
        value = json.loads(result)
    except ValueError:
        # Not documented, but so it is: anything without a statusCode, JSON or not, is the body (TOOL).
        return _json(200, result)
    if isinstance(value, dict) and "statusCode" in value:
        try:
            return _given(value, method)
        except MalformedError:
            return FAILED
    # A result without a statusCode is 200 and JSON: a string is the text that it holds, everything else is passed on
    # in the function's own spelling (DOC, TOOL).
    return _json(200, value.encode("utf-8", "surrogatepass") if isinstance(value, str) else result)


def error(status: int, message: str) -> Answer:
    """An answer of the HTTP API's own: JSON with a message (TOOL: without a space)."""
    return _json(status, f'{{"message":"{message}"}}'.encode())


def identified(answer: Answer, call: Call) -> Answer:
    """`answer` with the request's id, which every response of an HTTP API has (seen in captured responses)."""
    return replace(answer, headers=[*answer.headers, (b"apigw-requestid", call.request_id.encode())])


def _json(status: int, body: bytes) -> Answer:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Answer(status, headers, body)


# The event is over Lambda's limit or the request over the HTTP API's: the same answer to both (TOOL).
TOO_LARGE = error(413, "Request Entity Too Large")
# A function that failed, crashed, timed out or answered malformed.
# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html, TOOL
FAILED = error(500, "Internal Server Error")
# No answer within the integration's timeout of at most 30 s. Reported from the field, for instance in
# github.com/anomalyco/sst, issue 2232: 503 while the function runs on.
NO_ANSWER = error(503, "Service Unavailable")
# Lambda has no concurrency left. What an HTTP API makes of that is documented nowhere: the general page
# (docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html, in the words of REST APIs) says 500 when
# Lambda rejects an invocation; HTTP APIs are known to answer 503. The 429 of an HTTP API is its own rate limit.
THROTTLED = NO_ANSWER


class MalformedError(ValueError):
    """A result with a statusCode that is no response."""


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
        # Sent for every request, 0 without a body: seen in captured events of GET requests.
        "content-length": str(len(request.body)),
        "x-amzn-trace-id": call.trace_id,
        "x-forwarded-for": f"{forwarded}, {request.client.address}" if forwarded else request.client.address,
        # The real one knows https and 443 alone; here the client's own scheme and port keep absolute links working.
        "x-forwarded-port": str(request.client.port),
        "x-forwarded-proto": request.client.scheme,
    }
    return dict(sorted(joined.items()))


def _cookies(request: Request) -> list[str]:
    """One entry a cookie, whatever the number of Cookie headers (DOC; seen in captured events)."""
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
    """Text for a short list of types, base64 for all others: no type, and even forms, among them (SEEN)."""
    content_type = (request.header(b"content-type") or b"").decode("latin-1")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in _TEXT_TYPES:
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            # Text that is no UTF-8: what the real one does is not documented; base64 loses nothing.
            pass
    return {"body": base64.b64encode(request.body).decode("ascii"), "isBase64Encoded": True}


def _given(value: dict[str, Any], method: str) -> Answer:
    """A result that says what the response is. Raises MalformedError."""
    status, cookies, headers = head_of(value)
    body = _decoded(value.get("body"), base64_encoded=value.get("isBase64Encoded"))
    if status in _BODILESS:
        body = b""
    # The default for a body without a type (TOOL; seen in responses of the real one).
    if body and all(name != b"content-type" for name, _ in headers):
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
    return Answer(status, [*cookies, *_measured(headers, body, status, method)], body)


def head_of(value: dict[str, Any]) -> tuple[int, Headers, Headers]:
    """A result's status, the headers of its cookies and its other ones. Raises MalformedError.

    Both kinds of cookies are sent, the list's first (seen at the real service: ministack, apigateway.py).
    """
    cookies = [(b"set-cookie", _value(cookie)) for cookie in _list(value.get("cookies"))]
    return _status(value.get("statusCode")), cookies, end_to_end(_fields(value.get("headers")))


def _measured(headers: Headers, body: bytes, status: int, method: str) -> Headers:
    """`headers` with the length that the body has. A function's own is kept where it says what GET would have given."""
    own = next((value for name, value in headers if name == b"content-length"), None)
    headers = [pair for pair in headers if pair[0] != b"content-length"]
    if status in _BODILESS:
        return headers
    if method == "HEAD" and not body and own is not None and own.isdigit():
        return [*headers, (b"content-length", own)]
    return [*headers, (b"content-length", str(len(body)).encode())]


def _status(status: object) -> int:
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004
        raise MalformedError(f"statusCode is {status!r}")
    return status


def _fields(headers: object) -> Headers:
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise MalformedError(f"headers is a {type(headers).__name__}")
    fields: Headers = []
    for name, value in headers.items():
        key = str(name).lower().encode("utf-8", "surrogatepass")
        if not _FIELD_NAME.fullmatch(key):
            raise MalformedError(f"{name!r} is no header's name")
        if value is not None:
            fields.append((key, _value(value)))
    return fields


def _value(value: object) -> bytes:
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str | int | float):
        text = str(value)
    else:
        raise MalformedError(f"a header's value is a {type(value).__name__}")
    try:
        encoded = text.encode("latin-1")
    except UnicodeEncodeError:
        encoded = text.encode("utf-8", "surrogatepass")
    if not _FIELD_VALUE.fullmatch(encoded):
        raise MalformedError("a header's value has a control character")
    return encoded


def _list(cookies: object) -> list[Any]:
    if cookies is None:
        return []
    if not isinstance(cookies, list):
        raise MalformedError(f"cookies is a {type(cookies).__name__}")
    return cookies


def _decoded(body: object, *, base64_encoded: object) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str) or not isinstance(base64_encoded, bool | None):
        raise MalformedError(f"body is a {type(body).__name__}")
    if not base64_encoded:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise MalformedError(str(problem)) from None
