"""Makes of a function's result the response of an HTTP API, and has the HTTP API's own answers. Pure.

Sources, by the names used below:
DOC   docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
TOOL  AWS's own emulator of HTTP APIs, whose cases were compared with the real one:
      github.com/aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2 (HttpContextExtensions, InvokeResponseExtensions)
"""

import base64
import binascii
import json
import re
from typing import Any

from local.http.message import Answer, Headers, end_to_end

# No Content, Not Modified: no body is sent, even if the function gave one.
_BODILESS = (204, 304)
_FIELD_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")


def to_answer(result: bytes, method: str) -> Answer:
    """The response that a function's result becomes, for a request of `method`; 500 for a malformed one (DOC, TOOL)."""
    try:
        value = json.loads(result)
    except ValueError:
        # Not documented, but the real one does it: anything without a statusCode, JSON or not, is the body (TOOL).
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
    """An answer of the HTTP API itself: JSON with a message (TOOL: without a space)."""
    return _json(status, f'{{"message":"{message}"}}'.encode())


def _json(status: int, body: bytes) -> Answer:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Answer(status, headers, body)


# The answer if the event is over Lambda's limit, and if the request is over the HTTP API's (TOOL).
TOO_LARGE = error(413, "Request Entity Too Large")
# The answer if the function failed, crashed, timed out or gave a malformed result.
# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html, TOOL
FAILED = error(500, "Internal Server Error")
# The answer if the function gives none within the integration's timeout, at most 30 s. Reported from users, such as in
# github.com/anomalyco/sst, issue 2232: 503 while the function runs on.
NO_ANSWER = error(503, "Service Unavailable")
# The answer if Lambda has no concurrency left. No page says what an HTTP API answers then: the general page
# (docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html, in the words of REST APIs) says 500 when
# Lambda rejects an invocation; HTTP APIs are known to answer 503. The 429 of an HTTP API is its own rate limit.
THROTTLED = NO_ANSWER


class MalformedError(ValueError):
    """A result that has a statusCode but is no response."""


def _given(value: dict[str, Any], method: str) -> Answer:
    """The response that a result with a statusCode describes. Raises MalformedError."""
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

    Cookies of the list and of the headers are both sent, the list's first (seen at the real service: ministack,
    apigateway.py).
    """
    cookies = [(b"set-cookie", _value(cookie)) for cookie in _list(value.get("cookies"))]
    return _status(value.get("statusCode")), cookies, end_to_end(_fields(value.get("headers")))


def _measured(headers: Headers, body: bytes, status: int, method: str) -> Headers:
    """`headers` with the body's length. To a HEAD request the function's own length stays: it is that of a GET."""
    length = next((value for name, value in headers if name == b"content-length"), None)
    headers = [pair for pair in headers if pair[0] != b"content-length"]
    if status in _BODILESS:
        return headers
    if method == "HEAD" and not body and length is not None and length.isdigit():
        return [*headers, (b"content-length", length)]
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
