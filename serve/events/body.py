"""Bodies as an event carries them: text, or base64 if they are not text, and always within Lambda's limit."""

import binascii
import json
from collections.abc import Mapping
from typing import Any

from ..messages import BadEventError, Headers, Response

# A synchronous response's limit in bytes of JSON; past it the Runtime API answers 413 and awslambdaric exits.
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the same number stands in platforms/limits.toml.
RESPONSE_LIMIT = 6_291_556

# JSON spends at most 6 bytes on one byte of text (\u0000), so a body up to this size is never weighed.
_SURELY_FITS = RESPONSE_LIMIT // 8


class TooLargeError(ValueError):
    """A response that Lambda cannot carry."""


def read_body(body: Any, is_base64: Any) -> bytes:
    """The bytes of an event's body, which may be absent. Raises BadEventError if it is not what it claims to be."""
    if not body:
        return b""
    if not isinstance(body, str):
        raise BadEventError(f"the body is a {type(body).__name__}; a string is expected")
    if not is_base64 or is_base64 == "false":  # tests and mocks write it so
        return body.encode("utf-8", "surrogatepass")
    try:
        return binascii.a2b_base64(body, strict_mode=True)
    except ValueError as error:  # binascii.Error is one
        raise BadEventError(f"the body is said to be base64, but is not: {error}") from None


def write_body(response: Response, method: str, headers: Mapping[str, Any]) -> tuple[str, bool]:
    """The response's body and whether it is base64; the headers are given by lower-case name.

    Raises TooLargeError past the limit; ValueError for a body that ends before its length. Bytes beyond the length are
    left out. A body without meaning (HEAD, 204, 304) is empty. UTF-8 without a content encoding goes as text, whatever
    its type; all else goes as base64. Either way the bytes that arrive are the app's, but a REST API decodes base64
    only for the types in its binaryMediaTypes.
    """
    status, given, body = response
    if method == "HEAD" or status.startswith(("204", "304")):
        return "", False
    length = headers.get("content-length")
    if length is not None and length != str(len(body)):
        body = _declared(body, length)
    if not body:
        return "", False
    if "content-encoding" not in headers:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            pass
        else:
            if len(body) <= _SURELY_FITS or len(json.dumps(text)) + _rest(given) <= RESPONSE_LIMIT:
                return text, False
    if len(body) > _SURELY_FITS and (len(body) + 2) // 3 * 4 + _rest(given) > RESPONSE_LIMIT:
        raise TooLargeError(
            f"the response is {len(body):,} bytes; Lambda carries {RESPONSE_LIMIT:,} bytes of JSON, "
            "which is about 4.5 MB of binary data"
        )
    return binascii.b2a_base64(body, newline=False).decode("ascii"), True


def _declared(body: bytes, length: str | list[str]) -> bytes:
    """As much of the body as its Content-Length says, as a server sends it."""
    declared = int(length if isinstance(length, str) else length[0])
    if declared > len(body):
        raise ValueError(f"the app's response ended {declared - len(body):,} bytes before its Content-Length")
    return body[:declared]


def _rest(headers: Headers) -> int:
    """An upper bound for the bytes that everything but the body takes as JSON."""
    return 300 + sum(6 * (len(name) + len(value)) + 8 for name, value in headers)
