"""Payload format 2.0, of HTTP APIs and function URLs: to a WSGI environ, and from a response to the result.

Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from typing import TYPE_CHECKING, Any

from ..messages import (
    HOP_BY_HOP,
    Headers,
    Response,
    as_latin1,
    check_value,
    field_names,
    one_length,
    status_code,
    text_of,
)
from ..wsgi_call import complete
from .body import read_body, write_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Of a response's headers these are not just taken over; most of them are left out.
_SPECIAL = HOP_BY_HOP | {"content-length", "set-cookie"}


def matches(event: Any) -> bool:
    """Whether `event`, which may be anything, has this shape."""
    try:
        return isinstance(event["requestContext"]["http"], dict)
    except (KeyError, TypeError):
        return False


def read(event: dict[str, Any]) -> "WSGIEnvironment":
    """The WSGI environ of the request that `event` carries. Raises BadEventError if its body cannot be read."""
    context = event["requestContext"]
    http = context["http"]
    headers = (event.get("headers") or {}).items()
    cookies = event.get("cookies")
    if cookies:
        # A function URL repeats them as a header; the list is the whole.
        headers = [pair for pair in headers if pair[0].lower() != "cookie"]
        headers.append(("cookie", cookies if isinstance(cookies, str) else "; ".join(map(text_of, cookies))))
    # http.path is decoded for HTTP APIs and for function URLs alike; rawPath is so only for HTTP APIs.
    path, mount = http.get("path") or event.get("rawPath") or "/", ""
    if not path.isascii():
        path = as_latin1(path)
    stage, route = context.get("stage"), event.get("routeKey")
    if (stage and stage != "$default") or (route and route != "$default"):
        from .mounts import split_base_path, split_stage  # noqa: PLC0415 - few APIs have either

        domain = context.get("domainName")
        mount, path = split_stage(path, stage, domain)
        base, path = split_base_path(path, route, event.get("pathParameters"), domain)
        mount += base
    query = event.get("rawQueryString")
    body = event.get("body")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": http.get("method") or "GET",
        "SCRIPT_NAME": mount,
        "PATH_INFO": path,
        "QUERY_STRING": as_latin1(query) if query else "",
        "SERVER_PROTOCOL": http.get("protocol") or "HTTP/1.1",
        "REMOTE_ADDR": http.get("sourceIp") or "",
    }
    data = read_body(body, event.get("isBase64Encoded")) if body else b""
    return complete(environ, headers, data, context.get("domainName") or "")


def write(response: Response, method: str, _event: dict[str, Any]) -> dict[str, Any]:
    """The result of a request by `method`: repeated headers joined by commas, cookies apart.

    Raises TooLargeError, and ValueError for a status or a header that HTTP does not allow.
    """
    result = write_head(response[0], response[1])
    result["body"], result["isBase64Encoded"] = write_body(response, method, result["headers"])
    return result


def write_head(status: str, given: Headers) -> dict[str, Any]:
    """The parts of a result other than the body. Raises ValueError as `write` does."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in given:
        if not (value.isascii() and value.isprintable()):
            check_value(value)
        key = field_names[name]
        if key in _SPECIAL:
            if key == "content-length":
                headers[key] = one_length(headers.get(key), value)
            elif key == "set-cookie":
                cookies.append(value)
        elif key in headers:
            headers[key] += f",{value}"
        else:
            headers[key] = value
    head: dict[str, Any] = {"statusCode": status_code(status), "headers": headers}
    if cookies:
        head["cookies"] = cookies
    return head
