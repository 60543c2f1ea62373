"""Requests as HTTP API events of payload format 2.0."""

import base64
from typing import Any

FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    b"--b\r\nContent-Disposition: form-data; name=name\r\n\r\nyou\r\n"
    b"--b\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\n"
    + b"x" * 1000
    + b"\r\n--b--\r\n"
)


def event(method: str, path: str, body: bytes = b"", content_type: str = "") -> dict[str, Any]:
    """As a browser's request arrives."""
    headers = {
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-encoding": "gzip, deflate, br",
        "accept-language": "en-US,en;q=0.5",
        "content-length": str(len(body)),
        "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if content_type:
        headers["content-type"] = content_type
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": headers["host"],
            "domainPrefix": "abcdefghij",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": headers["user-agent"],
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": 1583817383220,
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


# The apps that are started, and what each is asked first.
APPS = {
    "hello": ("app:create_app()", event("GET", "/hello"), "Hello from Flask!"),
    "templates": ("benchmarks.apps.pages:create_app()", event("GET", "/"), "<title>PAGES</title>"),
    "forms": ("benchmarks.apps.forms:create_app()", event("POST", "/", b"name=you", FORM), '"hello":"you"'),
}
