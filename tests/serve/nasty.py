"""Apps that show what reached them and answer as the request's plan says, in every way that WSGI and ASGI allow."""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any, TypedDict


class Plan(TypedDict):
    """How to answer: status, headers, the body's chunks as base64, and the way in which they are given."""

    status: str
    headers: list[tuple[str, str]]
    chunks: list[str]
    way: str


WAYS = [
    "list",
    "generator",
    "late start",
    "write",
    "replaced",
    "raises",
    "exits",
    "raises at the first chunk",
    "mirror",
]


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: PLR0911 - one a way
    """Answer as the header X-Plan (base64 of JSON) says."""
    plan: Plan = json.loads(base64.b64decode(environ["HTTP_X_PLAN"]))
    headers = [(name, value) for name, value in plan["headers"]]
    chunks = [base64.b64decode(chunk) for chunk in plan["chunks"]]
    match plan["way"]:
        case "mirror":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(seen(environ), sort_keys=True).encode()]
        case "list":
            start_response(plan["status"], headers)
            return chunks
        case "generator":
            start_response(plan["status"], headers)
            return (chunk for chunk in chunks)
        case "late start":
            return _late(start_response, plan["status"], headers, chunks)
        case "write":
            write = start_response(plan["status"], headers)
            for chunk in chunks:
                write(chunk)
            return []
        case "replaced":
            start_response("200 OK", [("X-Gone", "1")])
            start_response(plan["status"], headers, (ValueError, ValueError(), None))
            return chunks
        case "raises":
            raise RuntimeError("the secret of the inside")
        case "exits":
            raise SystemExit(3)
        case _:
            start_response(plan["status"], headers)
            return _broken()


def _late(
    start_response: Any, status: str, headers: list[tuple[str, str]], chunks: list[bytes]
) -> Iterator[bytes]:
    start_response(status, headers)
    yield from chunks


def _broken() -> Iterator[bytes]:
    raise RuntimeError("the secret of the inside")
    yield b""


def seen(environ: dict[str, Any]) -> dict[str, Any]:
    """The parts of a request that a client chose."""
    keys = [
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "CONTENT_TYPE",
        "HTTP_COOKIE",
        "HTTP_HOST",
    ]
    own = [key for key in environ if key.startswith("HTTP_X_TEST_")]
    body = environ["wsgi.input"].read()
    return {
        **{key: environ[key] for key in [*keys, *own] if key in environ},
        "body": body.hex(),
        # Where the client declared none (no body, or one in chunks) an HTTP API does: the same to an app.
        "length": environ.get("CONTENT_LENGTH", str(len(body))),
        "scheme": environ["wsgi.url_scheme"],
        "remote": environ["REMOTE_ADDR"],
    }


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`app` for ASGI, where a response is always a row of messages."""
    if scope["type"] != "http":
        return
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    plan: Plan = json.loads(base64.b64decode(fields["x-plan"]))
    status, headers = int(plan["status"][:3]), [(n.encode(), v.encode("latin-1")) for n, v in plan["headers"]]
    chunks = [base64.b64decode(chunk) for chunk in plan["chunks"]]
    match plan["way"]:
        case "mirror":
            status, headers = 200, [(b"content-type", b"application/json")]
            chunks = [json.dumps(await seen_by_asgi(scope, receive), sort_keys=True).encode()]
        case "raises":
            raise RuntimeError("the secret of the inside")
        case "exits":
            raise SystemExit(3)
        case _:
            pass
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if plan["way"] == "raises at the first chunk":
        raise RuntimeError("the secret of the inside")
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body"})


async def seen_by_asgi(scope: dict[str, Any], receive: Any) -> dict[str, Any]:
    """The parts of a request that a client chose."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    fields: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1")
        if key in ("content-type", "cookie", "host") or key.startswith("x-test-"):
            fields[key] = (
                f"{fields[key]},{value.decode('latin-1')}" if key in fields else value.decode("latin-1")
            )
    return {
        **fields,
        "remote": scope["client"][0],
        **{key: scope[key] for key in ("method", "path", "root_path", "scheme")},
        "query": scope["query_string"].decode("latin-1"),
        "body": body.hex(),
    }
