"""Payload format 2.0, of HTTP APIs and function URLs, to a request, and a response to its result.

Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from typing import Any

from serve.events.body import read_body, write_body
from serve.messages import Request, Response, as_latin1


def matches(event: dict[str, Any]) -> bool:
    """Whether `event` has this shape."""
    context = event.get("requestContext")
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def read(event: dict[str, Any]) -> Request:
    """The request that `event` carries. Raises BadEventError where its body cannot be read."""
    context = event["requestContext"]
    http = context["http"]
    given = event.get("headers") or {}
    headers = list(given.items())
    if None in given.values():
        headers = [(name, value) for name, value in headers if value is not None]
    cookies = event.get("cookies")
    if cookies:
        # A function URL repeats them as a header; the list is the whole.
        headers = [(name, value) for name, value in headers if name.lower() != "cookie"]
        headers.append(("cookie", "; ".join(cookies)))
    # http.path is decoded for HTTP APIs and for function URLs alike; rawPath is decoded only for the first.
    path, mount = http.get("path") or event.get("rawPath") or "/", ""
    if not path.isascii():
        path = as_latin1(path)
    stage = context.get("stage")
    if stage and stage != "$default":
        mount, path = split_stage(path, stage)
    query = event.get("rawQueryString")
    body = event.get("body")
    return Request(
        http.get("method") or "GET",
        path,
        as_latin1(query) if query else "",
        headers,
        read_body(body, event.get("isBase64Encoded")) if body else b"",
        mount,
        http.get("protocol") or "HTTP/1.1",
        http.get("sourceIp") or "",
        context.get("domainName") or "",
    )


def write(response: Response, method: str, _event: dict[str, Any]) -> dict[str, Any]:
    """The result of a request by `method`: repeated headers joined by commas, cookies apart. Raises TooLargeError."""
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
    body, is_base64 = write_body(response, method)
    result: dict[str, Any] = {
        "statusCode": response.code,
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }
    if cookies:
        result["cookies"] = cookies
    return result


def split_stage(path: str, stage: str | None) -> tuple[str, str]:
    """A path that starts with a named stage, as the prefix /STAGE and the rest; the stage $default is not in it."""
    if stage and stage != "$default":
        prefix = f"/{as_latin1(stage)}"
        if path == prefix or path.startswith(f"{prefix}/"):
            return prefix, path[len(prefix) :]
    return "", path
