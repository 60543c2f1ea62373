"""Both doors agree: one HTTP request gets the same answer through gunicorn and through Lambda, whatever is before that.

Lambda is behind an HTTP API, where a response is whole, and behind a function URL, where it comes in pieces.

What the platform itself makes different is taken out by `comparable`, and is all that is:
- hop-by-hop fields, the date, the server's name and the request's ids (RFC 9110; an HTTP API adds Apigw-Requestid, a
  function URL x-amzn-RequestId and X-Amzn-Trace-Id)
- the length of a body whose app declared none: an HTTP API sends one, gunicorn frames the body in chunks, and a
  function URL does so always
- repeated fields: payload 2.0 joins all but Set-Cookie by commas, and sends the cookies first
- the type of a body whose app declared none: an HTTP API says text/plain; charset=utf-8
(docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)
Never sent, because the fronts of the platforms normalise it: dot segments, paths that are no UTF-8, whitespace around a
field's value. Nor a request line beyond ASCII, which gunicorn refuses as RFC 9112 has it, and an HTTP API passes on.
Never answered: a status from 600 on, which an HTTP API makes a 500. HTTP_COOKIE is compared as RFC 6265 has clients
send it.
"""

import base64
import http.client
import json
import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import Emulator, Settings
from tests.serve.conftest import drained, starting
from tests.serve.nasty import WAYS, Plan

APPS = {"WSGI": "tests.serve.nasty:app", "ASGI": "tests.serve.nasty:asgi"}
QUIET = {"IDENTITY_HEADERS": "off", "LOG_LEVEL": "CRITICAL"}
# make soak asks for more.
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "120"))

HOP = {
    *("date", "server", "connection", "transfer-encoding", "apigw-requestid"),
    *("x-amzn-requestid", "x-amzn-trace-id", "x-amzn-remapped-content-length"),
}
Answer = tuple[int, dict[str, str], list[str], bytes]


@pytest.fixture(scope="module", params=APPS)
def doors(processes: None, request: pytest.FixtureRequest) -> Iterator[list[tuple[str, int]]]:
    """The addresses of gunicorn, of the emulated HTTP API and of the function URL, all serving the nasty app."""
    app = APPS[request.param]
    emulated = Settings(app=app, environment=QUIET, idle_seconds=60)
    with (
        starting() as start,
        Emulator("aws", emulated) as http_api,
        Emulator("aws", replace(emulated, door="function-url")) as function_url,
        drained(start(PORT="0", GUNICORN_LOG_LEVEL="info", APP=app, **QUIET)) as gunicorn,
    ):
        urls = map(urlsplit, [gunicorn, http_api.url, function_url.url])
        yield [(url.hostname or "", url.port or 0) for url in urls]


def ask(address: tuple[str, int], method: str, request: bytes, cuts: Iterable[int] = ()) -> Answer:
    """Send these bytes, each piece between two cuts in a packet of its own, and read the response."""
    with socket.create_connection(address, timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends = [*sorted(cut for cut in set(cuts) if 0 < cut < len(request)), len(request)]
        for begin, end in zip([0, *ends], ends, strict=False):
            connection.sendall(request[begin:end])
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return comparable(response.status, response.getheaders(), response.read())


def comparable(status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
    """A response without what the platform makes different."""
    joined: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in headers:
        key = name.lower()
        if key == "set-cookie":
            cookies.append(value)
        elif key not in HOP:
            joined[key] = f"{joined[key]},{value}" if key in joined else value
    joined.pop("content-length", None)
    if joined.get("content-type") == "text/plain; charset=utf-8":
        del joined["content-type"]
    return status, joined, cookies, body


visible = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f\x80\x85\xa0\xad")
field_value = st.text(visible, max_size=20)
segment = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda text: set(text) != {"."}
)
encoded = segment.map(lambda text: quote(text, safe="")) | st.sampled_from(
    ["%252F", "a%2Fb", "a+b", "~x", "%41", "a;b"]
)
paths = st.lists(encoded, max_size=4).map(lambda parts: "/" + "/".join(parts))
pair = st.tuples(st.text(max_size=6), st.text(max_size=6)).map(
    lambda both: "=".join(quote(text.encode("utf-8", "replace"), safe="") for text in both)
)
queries = st.lists(pair | st.sampled_from(["a", "a=", "=b", "a=1&a=2", "plus=a+b"]), max_size=4).map("&".join)
names = st.integers(0, 4).map(lambda number: f"X-Test-{number}")
cookies = st.lists(
    st.from_regex(r"[a-z]{1,4}=[!#-+\--:<-\[\]-~]{0,6}", fullmatch=True), min_size=1, max_size=3
)
chains = st.lists(st.ip_addresses().map(str) | st.sampled_from(["unknown", "_hidden", ""]), max_size=3)
origins = st.sampled_from(["", "", "", "http://other.test", "https://other.test:8443"])
fragments = st.sampled_from(["", "", "", "#", "#part?q=1"])
# Those of other specifications; a method of no specification is refused by the parser of the emulation's front.
ODD = ("PROPFIND", "REPORT", "M-SEARCH", "PURGE", "MKCOL")
bodies = st.binary(max_size=200) | st.text(max_size=50).map(lambda text: text.encode("utf-8", "replace"))
types = st.sampled_from(
    [
        "application/json",
        "text/plain; charset=latin-1",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ]
)
statuses = st.sampled_from(
    [
        *("200 OK", "201 Created", "204 No Content", "302 Found", "304 Not Modified", "404 Not Found"),
        *("102 Processing", "207 Multi-Status", "226 IM Used", "299 Odd", "451 ", "599 Odder"),
        *("418 I'm a teapot", "500 Internal Server Error", "503 Service Unavailable"),
    ]
)
answered = st.sampled_from(
    [
        *(
            "Content-Type: text/html",
            "Content-Type: image/png",
            "Content-Type: text/plain; charset=iso-8859-1",
        ),
        *(
            "Set-Cookie: a=1; Path=/",
            "Set-Cookie: b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
            "Vary: Accept",
        ),
        *("Link: </a>; rel=next", "Link: </b>; rel=prev", "X-Name: caf\xe9", "Location: /elsewhere?x=1,2"),
        'ETag: W/"1"',
    ]
)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes, list[int]]:
    """A method, a whole HTTP/1.1 request by it as bytes, and where it is cut into pieces."""
    plan: Plan = {
        "status": draw(statuses),
        "headers": [_pair(line) for line in draw(st.lists(answered, max_size=5))],
        "chunks": [base64.b64encode(chunk).decode() for chunk in draw(st.lists(bodies, max_size=3))],
        "way": draw(st.sampled_from(WAYS)),
    }
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", *ODD]))
    query = draw(queries)
    fields = draw(st.lists(st.tuples(names, field_value), max_size=4))
    fields += [("X-Plan", base64.b64encode(json.dumps(plan).encode()).decode())]
    for _ in range(draw(st.integers(0, 2))):
        fields.append(("Cookie", "; ".join(draw(cookies))))
    if draw(st.booleans()):
        fields.append(("X-Forwarded-For", ", ".join(draw(chains))))
    body = b"" if method in ("GET", "HEAD", "OPTIONS") else draw(bodies)
    if body:
        fields.append(("Content-Type", draw(types)))
        if draw(st.booleans()):
            fields.append(("Content-Length", str(len(body))))
        else:
            fields.append(("Transfer-Encoding", "chunked"))
            size = draw(st.integers(1, len(body)))
            parts = [*(body[at : at + size] for at in range(0, len(body), size)), b""]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    target = draw(origins) + draw(paths) + (f"?{query}" if query else "") + draw(fragments)
    lines = [f"{method} {target} HTTP/1.1", "Host: example.test", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields]
    whole = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    return method, whole, draw(st.lists(st.integers(1, len(whole)), max_size=4))


@settings(max_examples=EXAMPLES)
@given(request=requests())
def test_a_request_gets_the_same_status_headers_and_body(
    doors: list[tuple[str, int]], request: tuple[str, bytes, list[int]]
) -> None:
    through_gunicorn, *through_lambda = (ask(address, *request) for address in doors)

    assert through_lambda == [through_gunicorn] * 2


def mirrored(target: str = "/", **fields: str) -> bytes:
    """A GET of `target` that is answered with what the app saw of it."""
    plan: Any = {"status": "200 OK", "headers": [], "chunks": [], "way": "mirror"}
    fields["X-Plan"] = base64.b64encode(json.dumps(plan).encode()).decode()
    lines = [f"GET {target} HTTP/1.1", "Host: a", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(mirrored(f"/{'a' * 9500}"), id="a long path"),
        pytest.param(mirrored(f"/?q={'a' * 9500}"), id="a long query"),
        pytest.param(mirrored(Cookie=f"a={'b' * 9500}"), id="a long cookie"),
        pytest.param(mirrored(**{f"X-Test-{number}": "1" for number in range(500)}), id="many headers"),
        pytest.param(
            mirrored(X_Forwarded_Ssl="off", X_Forwarded_Protocol="ssl"), id="headers of other proxies"
        ),
    ],
)
def test_what_an_http_api_passes_on_is_not_too_much_for_gunicorn(
    doors: list[tuple[str, int]], request_: bytes
) -> None:
    through_gunicorn, *through_lambda = (ask(address, "GET", request_) for address in doors)

    assert through_gunicorn[0] == 200
    assert through_lambda == [through_gunicorn] * 2


def test_the_comparison_sees_a_difference(doors: list[tuple[str, int]]) -> None:
    """The tests above can fail: two requests that differ in one header get different answers."""
    one, two = mirrored(X_Test_0="1"), mirrored(X_Test_0="2")

    assert ask(doors[0], "GET", one) == ask(doors[1], "GET", one)
    assert ask(doors[0], "GET", one) != ask(doors[1], "GET", two)
