"""A real issuer, real keys and a real emulated HTTP API: who gets in, and what is said to whom."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.issuer import Issuer
from tests.local.conftest import Emulate, Got, Running
from tests.local.signing import FORGERIES, signed

UNAUTHORIZED = b'{"message":"Unauthorized"}'


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer(0) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(issuer: Issuer, emulate_for_all: Emulate) -> Running:
    return emulate_for_all("aws", jwt_issuer=issuer.url, jwt_audience="my-api, my-other-api")


def challenge(answer: Got) -> str:
    """What a refused caller is told; every part of the answer but the request's id is checked."""
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)
    assert set(answer.headers) == {"content-length", "www-authenticate", "apigw-requestid", "date"}
    return answer.headers["www-authenticate"]


def told(why: str) -> str:
    return f'Bearer scope="" error="invalid_token" error_description="{why}"'


def as_named(issuer: Issuer, **claims: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": issuer.url, "aud": "my-api", "sub": "ann", "iat": now, "exp": now + 3600} | claims


def test_a_token_of_the_issuer_is_let_in_and_the_app_finds_its_claims(
    issuer: Issuer, guarded: Running
) -> None:
    claims = as_named(issuer, **{"cognito:groups": ["admin", "poweruser"], "email_verified": True})
    token = issuer.token(claims)

    with_scheme, without = (
        guarded.ask("/caller", authorization=value) for value in (f"Bearer {token}", token)
    )

    assert with_scheme.json == {
        "jwt": {
            "claims": {
                "iss": issuer.url,
                "aud": "my-api",
                "sub": "ann",
                "iat": str(claims["iat"]),
                "exp": str(claims["exp"]),
                "cognito:groups": "[admin poweruser]",
                "email_verified": "true",
            },
            "scopes": None,
        }
    }
    assert without.json == with_scheme.json


def test_without_the_options_nobody_is_asked_and_the_event_says_nothing(emulate: Emulate) -> None:
    assert emulate("aws").ask("/caller", authorization="Bearer x").json is None


def test_without_a_token_the_answer_asks_for_one(guarded: Running) -> None:
    assert challenge(guarded.ask("/caller")) == "Bearer"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": 1}, "the token has expired"),
        ({"aud": "someone-else"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"iss": "https://login.example.com"}, "issuer does not match"),
        ({"nbf": 1 << 40}, "the token is not valid yet"),
    ],
)
def test_a_token_with_wrong_claims_is_refused_and_told_why(
    issuer: Issuer, guarded: Running, claims: dict[str, Any], why: str
) -> None:
    token = issuer.token(as_named(issuer, **claims))

    assert challenge(guarded.ask("/caller", authorization=f"Bearer {token}")) == told(why)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(issuer: Issuer, guarded: Running, name: str) -> None:
    forge, why = FORGERIES[name]
    token = forge(issuer.private_key, as_named(issuer), issuer.key_id)

    assert challenge(guarded.ask("/caller", authorization=f"Bearer {token}")) == told(why)


def test_a_token_of_a_stranger_is_refused_also_under_the_name_of_the_issuers_key(
    issuer: Issuer, guarded: Running
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens = [signed(stranger, as_named(issuer), kid=kid) for kid in ("mine", issuer.key_id)]

    answers = [challenge(guarded.ask("/caller", authorization=token)) for token in tokens]

    assert answers == [told("the token's key is not known"), told("crypto/rsa: verification error")]


def test_what_is_no_token_is_refused(guarded: Running) -> None:
    answer = guarded.ask("/caller", authorization="Basic YW5uOnBhc3M=")

    assert challenge(answer) == told("token contains an invalid number of segments")


def test_what_is_refused_starts_no_instance_and_no_token_is_in_the_log(
    issuer: Issuer, emulate: Emulate
) -> None:
    aws = emulate("aws", app=None, jwt_issuer=issuer.url, jwt_audience="my-api")
    tokens = [issuer.token(as_named(issuer, **claims)) for claims in ({"exp": 1}, {"aud": "other"}, {})]

    refusals = [challenge(aws.ask("/health"))]
    refusals += [challenge(aws.ask("/hello", authorization=f"Bearer {token}")) for token in tokens[:2]]
    before = aws.log()
    welcome = aws.ask("/hello", authorization=f"Bearer {tokens[2]}")

    assert [line.partition(" aws ")[2] for line in before.splitlines()] == [
        "token refused: there is none",
        "token refused: the token has expired",
        "token refused: the token does not have a valid audience (it is 'other', allowed is my-api)",
    ]
    assert len(refusals) == 3
    assert (welcome.status, welcome.number) == (200, 1)
    assert [part for token in tokens for part in token.split(".")[1:] if part in aws.log()] == []


def test_a_new_key_is_taken_at_once_and_the_old_one_for_as_long_as_it_is_kept(emulate: Emulate) -> None:
    with Issuer(0) as issuer:
        aws = emulate("aws", jwt_issuer=issuer.url, jwt_audience="my-api")
        old = issuer.token({"aud": "my-api"})
        before = aws.ask("/", authorization=old).status

        issuer.rotate()
        new = issuer.token({"aud": "my-api"})
        answers = [aws.ask("/", authorization=token).status for token in (old, new, old)]

    # Asking for the new key has shown that the old one is gone.
    assert (before, answers) == (200, [200, 200, 401])


def test_an_issuer_that_does_not_answer_is_named_in_the_log(issuer: Issuer, emulate: Emulate) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        aws = emulate("aws", jwt_issuer=url, jwt_audience="my-api")

        answer = aws.ask("/", authorization=issuer.token({"aud": "my-api", "iss": url}))

    assert challenge(answer) == told("OIDC discovery endpoint communication error")
    assert f"({url}/.well-known/openid-configuration cannot be read: " in aws.log()
    assert " starting" not in aws.log()
