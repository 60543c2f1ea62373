"""Events of REST APIs, and of HTTP APIs with payload format 1.0: to a WSGI environ, and from a response to the result.

Sources: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (REST) and
http-api-develop-integrations-lambda.html (1.0).
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlencode

from ..messages import Headers, Response, as_latin1, status_code
from ..wsgi_call import complete
from .body import read_body, write_body
from .mounts import split_base_path, split_stage
from .values import grouped, headers_in, listed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def matches(event: dict[str, Any]) -> bool:
    """Whether `event` has this shape: a request context that is neither a load balancer's nor payload 2.0's."""
    context = event.get("requestContext")
    return isinstance(context, dict) and "elb" not in context and isinstance(event.get("httpMethod"), str)


def read(event: dict[str, Any]) -> "WSGIEnvironment":
    """The WSGI environ of the request that `event` carries. Raises BadEventError if its body cannot be read."""
    context = event["requestContext"]
    raw = event.get("path") or "/"
    if event.get("version") == "1.0":
        # An HTTP API decodes the path and leaves the stage in it.
        mount, path = split_stage(as_latin1(raw), context.get("stage"), context.get("domainName"))
    else:
        # A REST API leaves the path encoded and removes the stage, or the domain's base path.
        path = unquote_to_bytes(raw).decode("latin-1")
        # The path of the stage alone is "/" here, but has no slash in the event.
        whole, end = (context.get("path") or "").rstrip("/"), raw.rstrip("/")
        mount = whole.removesuffix(end) if whole.endswith(end) else ""
    base, path = split_base_path(
        path, event.get("resource"), event.get("pathParameters"), context.get("domainName")
    )
    identity = context.get("identity") or {}
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": event["httpMethod"],
        "SCRIPT_NAME": mount + base,
        "PATH_INFO": path,
        # Both decode the query's values.
        "QUERY_STRING": urlencode(listed(event, "multiValueQueryStringParameters", "queryStringParameters")),
        "SERVER_PROTOCOL": context.get("protocol") or "HTTP/1.1",
        "REMOTE_ADDR": identity.get("sourceIp") or "",
    }
    headers = headers_in(event, "multiValueHeaders", "headers")
    body = read_body(event.get("body"), event.get("isBase64Encoded"))
    return complete(environ, headers, body, context.get("domainName") or "")


def write(response: Response, method: str, _event: dict[str, Any]) -> dict[str, Any]:
    """The result of a request by `method`, every header as a list. Raises TooLargeError, ValueError as 2.0 does."""
    result = write_head(response[0], response[1])
    result["body"], result["isBase64Encoded"] = write_body(response, method, result["multiValueHeaders"])
    return result


def write_head(status: str, given: Headers) -> dict[str, Any]:
    """The parts of a result other than the body. Raises ValueError as `write` does."""
    return {"statusCode": status_code(status), "multiValueHeaders": grouped(given)}
