"""One HTTP request as each platform's event, in the shapes that the vendors' pages and captured traffic show."""

import base64
from typing import Any
from urllib.parse import parse_qsl, unquote

Headers = list[tuple[str, str]]


def payload_v2(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An HTTP API's event. `path` is percent-encoded, as the client sends it; `changes` replace top-level keys."""
    single: dict[str, str] = {
        "host": "api.example.com",
        "x-forwarded-proto": "https",
        "x-forwarded-port": "443",
    }
    cookies: list[str] = []
    for name, value in headers or []:
        key = name.lower()
        if key == "cookie":
            cookies += value.split("; ")
        else:
            single[key] = f"{single[key]},{value}" if key in single and key != "host" else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(path),
        "rawQueryString": query,
        "headers": single,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": unquote(path),
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1795428000000,
        },
        **_body(body),
        **changes,
    }
    if cookies:
        event["cookies"] = cookies
    return event


def function_url(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A function URL's event: payload 2.0 with an encoded rawPath, and cookies in the list and in the header."""
    event = payload_v2(method, path, query, headers, body)
    event["rawPath"] = path
    event["requestContext"]["domainName"] = "abc123.lambda-url.us-east-1.on.aws"
    if "cookies" in event:
        event["headers"]["cookie"] = "; ".join(event["cookies"])
    return {**event, **changes}


def payload_v1(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An HTTP API's event of payload 1.0: the path decoded, every header and parameter as a list too."""
    event = rest(method, path, query, headers, body)
    event["version"] = "1.0"
    event["path"] = event["requestContext"]["path"] = unquote(path)
    event["requestContext"]["stage"] = "$default"
    return {**event, **changes}


def rest(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A REST API's event on the stage prod: the path encoded and without the stage, the query decoded."""
    several = _several([("Host", "api.example.com"), ("X-Forwarded-Proto", "https"), *(headers or [])])
    parameters = _several(parse_qsl(query, keep_blank_values=True))
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8"},
        },
        **_body(body),
        **changes,
    }


def load_balancer(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A load balancer's event with single values: of a repeated name, the last."""
    event = load_balancer_multi(method, path, query, headers, body)
    event["headers"] = {name: values[-1] for name, values in event.pop("multiValueHeaders").items()}
    parameters = event.pop("multiValueQueryStringParameters")
    event["queryStringParameters"] = {name: values[-1] for name, values in parameters.items()}
    return {**event, **changes}


def load_balancer_multi(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A load balancer's event with multi-value headers switched on: nothing is decoded."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    own = [("host", "lb.example.com"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.7")]
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:tg/x/1"}
        },
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": _several([(name, value) for name, _, value in pairs]),
        "multiValueHeaders": _several([*own, *((name.lower(), value) for name, value in headers or [])]),
        "body": "" if body is None else _body(body)["body"],
        "isBase64Encoded": _body(body)["isBase64Encoded"],
        **changes,
    }


def lattice_v1(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A VPC Lattice event of version 1: snake case, one value a name."""
    own = [("host", "svc.vpc-lattice-svcs.us-east-1.on.aws"), ("x-forwarded-proto", "https")]
    own.append(("x-forwarded-for", "203.0.113.7"))
    several = _several([*own, *((name.lower(), value) for name, value in headers or [])])
    parameters = _several(parse_qsl(query, keep_blank_values=True))
    carried = _body(body)
    return {
        "raw_path": path,
        "method": method,
        "headers": {name: ",".join(values) for name, values in several.items()},
        "query_string_parameters": {name: values[-1] for name, values in parameters.items()},
        "body": carried["body"],
        "is_base64_encoded": carried["isBase64Encoded"],
        **changes,
    }


def lattice_v2(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Headers | None = None,
    body: bytes | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A VPC Lattice event of version 2: lists of values, the query's too."""
    first = lattice_v1(method, path, query, headers, body)
    return {
        "version": "2.0",
        "path": first["raw_path"],
        "method": method,
        "headers": {name: [value] for name, value in first["headers"].items()},
        "queryStringParameters": _several(parse_qsl(query, keep_blank_values=True)),
        "requestContext": {
            "serviceNetworkArn": "arn:aws:vpc-lattice:us-east-1:123456789012:servicenetwork/sn-1",
            "identity": {"sourceVpcArn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"},
            "region": "us-east-1",
            "timeEpoch": "1795428000000000",
        },
        **_body(body),
        **changes,
    }


SHAPES = {
    "HTTP API, payload 2.0": payload_v2,
    "function URL": function_url,
    "HTTP API, payload 1.0": payload_v1,
    "REST API": rest,
    "load balancer, single values": load_balancer,
    "load balancer, multi values": load_balancer_multi,
    "VPC Lattice, version 1": lattice_v1,
    "VPC Lattice, version 2": lattice_v2,
}


def _several(pairs: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _body(body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {"body": None, "isBase64Encoded": False}
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
