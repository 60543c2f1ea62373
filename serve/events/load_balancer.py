"""Events of an Application Load Balancer to a WSGI environ, and a response to their result.

Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from ..messages import Response, as_latin1, status_code
from ..wsgi_call import complete
from .body import read_body, write_body
from .values import grouped, headers_in, listed, single_valued

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def matches(event: dict[str, Any]) -> bool:
    """Whether `event` has this shape."""
    context = event.get("requestContext")
    return isinstance(context, dict) and "elb" in context


def read(event: dict[str, Any]) -> "WSGIEnvironment":
    """The WSGI environ of the request that `event` carries. Raises BadEventError if its body cannot be read."""
    headers = headers_in(event, "multiValueHeaders", "headers")
    # The load balancer decodes neither the path nor the query.
    query = listed(event, "multiValueQueryStringParameters", "queryStringParameters")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": event.get("httpMethod") or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(event.get("path") or "/").decode("latin-1"),
        "QUERY_STRING": as_latin1("&".join(f"{name}={value}" for name, value in query)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": client_of(headers),
    }
    return complete(environ, headers, read_body(event.get("body"), event.get("isBase64Encoded")), "")


def write(response: Response, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The result of a request by `method`; its headers are lists if the event's were.

    Raises TooLargeError, ValueError as payload 2.0 does.
    """
    status, given, _ = response
    # A target group takes only the form that it sends.
    if "multiValueHeaders" in event:
        key, headers = "multiValueHeaders", grouped(given)
    else:
        key, headers = "headers", single_valued(given)
    body, is_base64 = write_body(response, method, headers)
    return {
        "statusCode": status_code(status),
        "statusDescription": status,
        key: headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def client_of(headers: list[tuple[str, str]]) -> str:
    """The caller's address, without a port: the last in X-Forwarded-For, which the platform itself appended.

    All that stands before it came with the request, and a client may write anything there. A load balancer adds the
    port if routing.http.xff_client_port.enabled is set (.../application/x-forwarded-headers.html).
    """
    values = [value for name, value in headers if name.lower() == "x-forwarded-for"]
    address = values[-1].rpartition(",")[2].strip() if values else ""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    # More than one colon is IPv6 without a port.
    return address.partition(":")[0] if address.count(":") == 1 else address
