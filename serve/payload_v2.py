"""HTTP API events of payload format 2.0 to a WSGI environ, and a WSGI response to the result that the API expects.

Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from serve.result import body_of
from serve.wsgi_call import Response, new_environ, wsgi_text

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class BadEventError(ValueError):
    """An event that looks like an HTTP request but cannot be one."""


def matches(event: dict[str, Any]) -> bool:
    """Whether `event` has the shape of payload 2.0, which function URLs share."""
    context = event.get("requestContext")
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def to_environ(event: dict[str, Any]) -> "WSGIEnvironment":
    """The WSGI environ of `event`. Raises BadEventError where its body is not the base64 that it claims to be."""
    context = event["requestContext"]
    http = context["http"]
    headers: dict[str, str | None] = event.get("headers") or {}
    body = _body(event)
    scheme = _first(headers.get("x-forwarded-proto")) or "https"
    environ = new_environ(
        http.get("method") or "GET",
        # This one is decoded for HTTP APIs and for function URLs alike; rawPath is decoded only for the first.
        http.get("path") or event.get("rawPath") or "/",
        event.get("rawQueryString") or "",
        body,
        scheme=scheme,
        protocol=http.get("protocol") or "HTTP/1.1",
    )
    _mount(environ, context.get("stage"))
    for name, value in headers.items():
        key = _environ_key(name)
        if key and value is not None:
            environ[key] = wsgi_value(value)
    cookies = event.get("cookies")
    if cookies:
        # A function URL repeats them as a header; the list is the whole.
        environ["HTTP_COOKIE"] = wsgi_value("; ".join(cookies))
    if body or "HTTP_CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_CONTENT_LENGTH", None)
    _name_server(environ, context, scheme)
    environ["REMOTE_ADDR"] = http.get("sourceIp") or ""
    environ["aws.event"] = event
    return environ


def to_result(response: Response, method: str) -> dict[str, Any]:
    """The result of format 2.0: headers joined by name, cookies apart, the body as text or base64."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in response.headers:
        key = name.lower()
        if key == "set-cookie":
            cookies.append(value)
        elif key in headers:
            headers[key] += f",{value}"
        else:
            headers[key] = value
    body, is_base64 = body_of(response, headers, method)
    result: dict[str, Any] = {
        "statusCode": response.status,
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }
    if cookies:
        result["cookies"] = cookies
    return result


def wsgi_value(value: str) -> str:
    """A header's value as WSGI carries it: Latin-1 as it is, anything wider as its UTF-8 bytes."""
    if value.isascii():
        return value
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return wsgi_text(value)
    return value


@lru_cache(maxsize=1024)
def _environ_key(name: str) -> str | None:
    # A name with an underscore could pose as another header; gunicorn drops it too.
    if "_" in name:
        return None
    key = name.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body")
    if not body:
        return b""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadEventError(f"isBase64Encoded is true, but the body is not base64: {error}") from None


def _first(values: str | None) -> str:
    """The first of a comma-separated list: what the client's own connection had."""
    return values.partition(",")[0].strip() if values else ""


def _mount(environ: "WSGIEnvironment", stage: str | None) -> None:
    """Move a named stage from the path's front to SCRIPT_NAME, so that url_for includes it."""
    if not stage or stage == "$default":
        return
    prefix, path = f"/{wsgi_text(stage)}", environ["PATH_INFO"]
    if path == prefix or path.startswith(f"{prefix}/"):
        environ["SCRIPT_NAME"] = prefix
        environ["PATH_INFO"] = path[len(prefix) :]


def _name_server(environ: "WSGIEnvironment", context: dict[str, Any], scheme: str) -> None:
    host = environ.get("HTTP_HOST") or context.get("domainName") or "localhost"
    name, _, port = host.rpartition(":")
    if not name or not port.isdigit():
        name, port = host, _first(environ.get("HTTP_X_FORWARDED_PORT"))
    environ["SERVER_NAME"] = name
    environ["SERVER_PORT"] = port or ("80" if scheme == "http" else "443")
