"""Events of an Application Load Balancer to a request, and a response to their result.

Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from serve.events.body import read_body, write_body
from serve.events.values import grouped, headers_in, listed, single_valued
from serve.messages import Request, Response


def matches(event: dict[str, Any]) -> bool:
    """Whether `event` has this shape."""
    context = event.get("requestContext")
    return isinstance(context, dict) and "elb" in context


def read(event: dict[str, Any]) -> Request:
    """The request that `event` carries. Raises BadEventError where its body cannot be read."""
    headers = headers_in(event, "multiValueHeaders", "headers")
    # The load balancer decodes neither the path nor the query.
    query = listed(event, "multiValueQueryStringParameters", "queryStringParameters")
    return Request(
        event.get("httpMethod") or "GET",
        unquote_to_bytes(event.get("path") or "/").decode("latin-1"),
        "&".join(f"{name}={value}" for name, value in query),
        headers,
        read_body(event.get("body"), event.get("isBase64Encoded")),
        client=client_of(headers),
    )


def write(response: Response, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The result of a request by `method`, headers as lists where the event had them so. Raises TooLargeError."""
    body, is_base64 = write_body(response, method)
    # A target group takes only the form that it sends.
    if "multiValueHeaders" in event:
        headers: dict[str, Any] = {"multiValueHeaders": grouped(response.headers)}
    else:
        headers = {"headers": single_valued(response.headers)}
    return {
        "statusCode": response.code,
        "statusDescription": response.status,
        **headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def client_of(headers: list[tuple[str, str]]) -> str:
    """The first address in X-Forwarded-For: whom the platform's own connection came from."""
    for name, value in headers:
        if name.lower() == "x-forwarded-for":
            return value.partition(",")[0].strip()
    return ""
