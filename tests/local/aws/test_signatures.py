"""Requests signed by AWS's own library: which are let in, and what is said of the others."""

import time
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from local import Settings, SettingsError
from local.aws.signatures import SignatureError, Signer, check
from local.http.message import Client, Request
from local.settings import behaviour
from tests.local.conftest import Emulate, Got, Running

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SIGNER = Signer(KEY, SECRET)
HOST = "127.0.0.1:8000"
# When the signatures of parametrised tests are made; a test may run long after that.
COLLECTED = time.time()
UNSIGNED = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}


def signature(
    method: str = "GET",
    target: str = "/hello",
    body: bytes = b"",
    *,
    host: str = HOST,
    service: str = "lambda",
    signer: Signer = SIGNER,
    extra: dict[str, str] | None = None,
) -> dict[str, str]:
    """The headers that AWS's library makes."""
    request: Any = AWSRequest(method, f"http://{host}{target}", data=body, headers=extra or {})
    SigV4Auth(Credentials(signer.key, signer.secret), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def received(method: str, target: str, body: bytes, headers: dict[str, str]) -> Request:
    path, _, query = target.partition("?")
    fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    if not any(name == b"host" for name, _ in fields):
        fields.insert(0, (b"host", HOST.encode()))
    return Request(
        method, path.encode(), query.encode(), fields, body, Client("127.0.0.1", "http", 8000), "HTTP/1.1"
    )


SEGMENTS = st.text(st.sampled_from("ab%/é~ .-_+:@"), max_size=8)
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=6)


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PROPFIND"]),
    path=SEGMENTS,
    query=st.lists(st.tuples(WORDS, WORDS), max_size=4),
    body=st.binary(max_size=20),
    header=st.text(st.sampled_from("ab  \t,;="), max_size=8),
)
def test_what_awss_library_signs_is_let_in_and_one_change_keeps_it_out(
    method: str, path: str, query: list[tuple[str, str]], body: bytes, header: str
) -> None:
    target = "/" + quote(path)
    if query:
        target += "?" + urlencode(query, quote_via=quote)
    headers = signature(method, target, body, extra={"X-Amz-Meta": header.strip() or "a"})

    check(received(method, target, body, headers), SIGNER, "lambda", time.time())

    for changed in (
        received(method, target + ("&" if query else "?") + "z=1", body, headers),
        received(method, target, body + b"x", headers),
        received("PUT", target, body, headers),
        received(method, target, body, headers | {"X-Amz-Meta": "another"}),
    ):
        with pytest.raises(SignatureError, match="it does not match"):
            check(changed, SIGNER, "lambda", time.time())


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "there is none"),
        ({"Authorization": "Bearer abc"}, "there is none"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=AKID"}, "it cannot be read"),
        (signature(signer=Signer("AKIDOTHER", SECRET)), "its access key is another"),
        (signature(signer=Signer(KEY, "another")), "it does not match"),
        (signature(service="execute-api"), "it is for the service 'execute-api', this is 'lambda'"),
        (signature(host="other.example"), "it does not match"),
        (signature() | {"X-Amz-Date": "yesterday"}, "x-amz-date is missing or no time"),
        (signature() | {"X-Amz-Date": "20200101T000000Z"}, "it is of another day than x-amz-date"),
        (signature() | {"X-Amz-Content-SHA256": "0" * 64}, "x-amz-content-sha256 is not that of the body"),
        (
            {
                name: value.replace("SignedHeaders=host;", "SignedHeaders=")
                for name, value in signature().items()
            },
            "it leaves Host out",
        ),
    ],
)
def test_why_a_request_is_kept_out(headers: dict[str, str], why: str) -> None:
    with pytest.raises(SignatureError, match=why):
        check(received("GET", "/hello", b"", headers), SIGNER, "lambda", COLLECTED)


@pytest.mark.parametrize(
    ("seconds", "why"), [(301, "Signature expired"), (-301, "Signature not yet current")]
)
def test_a_signature_holds_for_five_minutes(seconds: int, why: str) -> None:
    request = received("GET", "/hello", b"", signature())

    check(request, SIGNER, "lambda", time.time() + seconds * 0.9)
    with pytest.raises(SignatureError, match=why):
        check(request, SIGNER, "lambda", time.time() + seconds)


@pytest.fixture(scope="module")
def environment() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield


def sign_and_ask(running: Running, service: str, **options: Any) -> Got:
    host = running.url.removeprefix("http://")
    headers: Any = signature(target="/caller?a=1", host=host, service=service, **options)
    return running.ask("/caller?a=1", **headers)


def test_a_private_function_url_takes_signed_requests_alone(environment: None, emulate: Emulate) -> None:
    running = emulate("aws", door="function-url", access="private")

    refused, wrong = running.ask("/caller"), sign_and_ask(running, "lambda", signer=Signer(KEY, "another"))

    assert (refused.status, refused.headers["x-amzn-errortype"], refused.json) == (
        403,
        "AccessDeniedException",
        UNSIGNED,
    )
    assert (wrong.status, wrong.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert "instance" not in running.log()  # none was started for them
    assert "signature refused: there is none" in running.log()
    assert SECRET not in running.log()
    caller = sign_and_ask(running, "lambda")
    assert caller.status == 200
    assert (caller.json["iam"]["accessKey"], caller.json["iam"]["accountId"]) == (KEY, "123456789012")


def test_a_private_http_api_takes_signed_requests_alone(environment: None, emulate: Emulate) -> None:
    running = emulate("aws", access="private")

    refused = [running.ask("/caller"), sign_and_ask(running, "lambda")]

    assert [(answer.status, answer.json) for answer in refused] == [(403, {"message": "Forbidden"})] * 2
    assert sign_and_ask(running, "execute-api").json["iam"]["accessKey"] == KEY


@pytest.mark.parametrize(
    ("platform", "settings", "error"),
    [
        ("aws", {"access": "jwt"}, "--access is 'jwt'; it is one of public, private"),
        ("gcp", {"access": "private"}, "--access private is emulated on aws alone"),
        ("aws", {"access": "private"}, "--access private needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (
            "aws",
            {"access": "private", "jwt_issuer": "https://a", "jwt_audience": "b"},
            "--access private goes without --jwt-issuer",
        ),
    ],
)
def test_what_cannot_be_private_is_refused(
    monkeypatch: pytest.MonkeyPatch, platform: str, settings: dict[str, Any], error: str
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)

    with pytest.raises(SettingsError, match=error):
        behaviour(platform, Settings(**settings))
