"""Events of VPC Lattice, versions 1 and 2, to a WSGI environ, and a response to their result.

Source: docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_to_bytes

from ..messages import Response, as_latin1, status_code
from ..wsgi_call import complete
from .body import read_body, write_body
from .load_balancer import client_of
from .values import headers_in, listed, single_valued

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def matches(event: dict[str, Any]) -> bool:
    """Whether `event` has this shape: a method beside a path (version 2) or a raw path (version 1)."""
    return isinstance(event.get("method"), str) and any(
        isinstance(event.get(key), str) for key in ("raw_path", "path")
    )


def read(event: dict[str, Any]) -> "WSGIEnvironment":
    """The WSGI environ of the request that `event` carries. Raises BadEventError if its body cannot be read."""
    path, _, query = (event.get("path") or event.get("raw_path") or "/").partition("?")
    # Published samples of version 2 name the parameters both ways.
    parameters = listed(event, "queryStringParameters", "query_string_parameters")
    headers = headers_in(event, "headers", "")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": event["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        # No document says whether the values are decoded. Percent signs are kept: that is right in both cases, unless a
        # decoded value has a percent sign of its own.
        "QUERY_STRING": as_latin1(query)
        or "&".join(f"{quote_plus(name, '%')}={quote_plus(value, '%')}" for name, value in parameters),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": client_of(headers),
    }
    body = read_body(event.get("body"), event.get("isBase64Encoded") or event.get("is_base64_encoded"))
    return complete(environ, headers, body, "")


def write(response: Response, method: str, _event: dict[str, Any]) -> dict[str, Any]:
    """The result of a request by `method`. Raises TooLargeError, ValueError as payload 2.0 does."""
    status, given, _ = response
    headers = single_valued(given)
    body, is_base64 = write_body(response, method, headers)
    return {
        "statusCode": status_code(status),
        "statusDescription": status,
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }
