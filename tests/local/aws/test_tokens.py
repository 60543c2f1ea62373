"""The JWT authorizer's decision, without network or clock: what is let in, what is refused, and in which words."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from local.aws.tokens import Rules, TokenError, claims_of, context, key_id, token_of
from local.http.message import Answer, Client, Headers, Request
from tests.local.signing import FORGERIES, segment, signed

NOW = 1_790_000_000
RULES = Rules("https://login.example.com", ("my-api", "my-other-api"))
CLAIMS = {"iss": "https://login.example.com", "sub": "ann", "aud": "my-api", "iat": NOW, "exp": NOW + 60}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

SEGMENTS = "token contains an invalid number of segments"
UNREADABLE = "the token cannot be decoded"
AUDIENCE = "the token does not have a valid audience"
EXPIRED = "the token has expired"
EARLY = "the token is not valid yet"
FUTURE = "the token was issued in the future"


def make_request(*authorizations: bytes) -> Request:
    headers: Headers = [(b"authorization", value) for value in authorizations]
    return Request("GET", b"/", b"", headers, b"", Client("192.0.2.1", "http", 8000))


def judged(token: str, rules: Rules = RULES, now: float = NOW) -> dict[str, Any]:
    """The claims that are let in, where the issuer has KEY by the name "one"."""
    assert key_id(token) == "one"
    return claims_of(token, KEY.public_key(), rules, now)


def refused(token: str, rules: Rules = RULES, now: float = NOW) -> str:
    """What the sender is told."""
    with pytest.raises(TokenError) as error:
        judged(token, rules, now)
    return error.value.description


def headed(header: Any) -> str:
    """A token with this header, no claims and no good signature."""
    return f"{segment(header)}.e30.c2ln"


def without(*names: str, **others: Any) -> dict[str, Any]:
    """CLAIMS without these, and with others."""
    return {name: value for name, value in CLAIMS.items() if name not in names} | others


@pytest.mark.parametrize(
    ("sent", "token"),
    [
        ([b"Bearer a.b.c"], "a.b.c"),
        ([b"bearer   a.b.c "], "a.b.c"),
        ([b"a.b.c"], "a.b.c"),
        ([b"Basic YW5uOnBhc3M="], "Basic YW5uOnBhc3M="),
        ([b"a.b.c", b"Bearer d.e.f"], "a.b.c,Bearer d.e.f"),
    ],
)
def test_the_token_is_the_header_with_or_without_bearer(sent: list[bytes], token: str) -> None:
    assert token_of(make_request(*sent)) == token


@pytest.mark.parametrize("sent", [[], [b""], [b"  "]])
def test_without_a_token_the_answer_names_the_scheme_alone(sent: list[bytes]) -> None:
    with pytest.raises(TokenError) as error:
        token_of(make_request(*sent))

    assert error.value.answer == Answer(
        401, [(b"content-length", b"26"), (b"www-authenticate", b"Bearer")], b'{"message":"Unauthorized"}'
    )
    assert str(error.value) == "there is none"


def test_a_refusal_has_the_http_apis_own_form() -> None:
    """As in AWS's page about it, which shows every header."""
    with pytest.raises(TokenError) as error:
        judged(signed(KEY, without(aud="other")))

    challenge = (
        b'Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"'
    )
    assert error.value.answer == Answer(
        401,
        [(b"content-length", b"26"), (b"www-authenticate", challenge)],
        b'{"message":"Unauthorized"}',
    )


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_a_good_token_of_every_rsa_algorithm_is_let_in(algorithm: str) -> None:
    assert judged(signed(KEY, CLAIMS, algorithm=algorithm)) == CLAIMS


@pytest.mark.parametrize(
    "claims",
    [
        without(aud="my-other-api"),
        without(aud=["someone-else", "my-api"]),
        without("aud", client_id="my-api"),
        without(aud="my-api", client_id="someone-else"),
        without("iat"),
        without(nbf=NOW),
        without(exp=NOW + 0.5),
        without(groups=["a"], nested={"a": None}),
    ],
)
def test_these_claims_are_let_in(claims: dict[str, Any]) -> None:
    assert judged(signed(KEY, claims)) == claims


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (without("iss"), "issuer does not match"),
        (without(iss="https://login.example.com/"), "issuer does not match"),
        (without(iss=["https://login.example.com"]), "issuer does not match"),
        (without("aud"), AUDIENCE),
        (without(aud="someone-else"), AUDIENCE),
        (without(aud="my"), AUDIENCE),
        (without(aud=[]), AUDIENCE),
        (without(aud=7), AUDIENCE),
        (without(aud={"my-api": 1}), AUDIENCE),
        (without(aud=[["my-api"]]), AUDIENCE),
        (without(aud=None, client_id="my-api"), AUDIENCE),
        (without(aud="someone-else", client_id="my-api"), AUDIENCE),
        (without("aud", client_id="someone-else"), AUDIENCE),
        (without(exp=NOW), EXPIRED),
        (without(exp=NOW - 3600), EXPIRED),
        (without("exp"), EXPIRED),
        (without(exp=str(NOW + 60)), EXPIRED),
        (without(exp=True), EXPIRED),
        (without(exp=float("nan")), EXPIRED),
        (without(nbf=NOW + 1), EARLY),
        (without(nbf="soon"), EARLY),
        (without(iat=NOW + 1), FUTURE),
        (without(iat=None), FUTURE),
        (without(iat=True), FUTURE),
        (["no", "claims"], UNREADABLE),
        ("my-api", UNREADABLE),
    ],
)
def test_these_claims_are_refused_although_they_are_signed(claims: Any, told: str) -> None:
    assert refused(signed(KEY, claims)) == told


def test_the_log_says_what_was_there_and_what_is_allowed() -> None:
    with pytest.raises(TokenError) as wrong_issuer:
        judged(signed(KEY, without(iss="https://login.example.com/")))
    with pytest.raises(TokenError) as wrong_audience:
        judged(signed(KEY, without("aud", client_id="x" * 1000)))

    assert str(wrong_issuer.value) == (
        "issuer does not match (it is 'https://login.example.com/', allowed is 'https://login.example.com')"
    )
    assert str(wrong_audience.value).startswith("the token does not have a valid audience (it is 'xxx")
    assert len(str(wrong_audience.value)) < 400


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name: str) -> None:
    forge, told = FORGERIES[name]

    assert refused(forge(KEY, CLAIMS)) == told


def test_a_token_signed_with_another_key_is_refused() -> None:
    assert refused(signed(OTHER_KEY, CLAIMS)) == "crypto/rsa: verification error"


def test_a_token_of_an_algorithm_that_is_not_rsa_is_refused() -> None:
    token = signed(ec.generate_private_key(ec.SECP256R1()), CLAIMS, algorithm="ES256")  # pyright: ignore[reportArgumentType]

    assert refused(token) == "signing method ES256 is invalid"


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("not-a-token", SEGMENTS),
        ("a.b", SEGMENTS),
        ("a.b.c.d", SEGMENTS),
        ("..", UNREADABLE),
        ("a.b.c", UNREADABLE),
        ("é.é.é", UNREADABLE),
        (headed(["RS256"]), UNREADABLE),
        (headed({"alg": "RS256", "kid": 1}), UNREADABLE),
        (headed({"alg": "RS256", "kid": "one", "crit": ["exp"]}), UNREADABLE),
        (headed({"alg": "RS256"}), "the token does not name its key"),
        (headed({"kid": "one"}), "signing method is invalid"),
        (headed({"alg": ["RS256"], "kid": "one"}), "signing method is invalid"),
        (headed({"alg": "x\r\nset-cookie: y", "kid": "one"}), "signing method is invalid"),
        (headed({"alg": "RS256", "kid": "one"}), "crypto/rsa: verification error"),
    ],
)
def test_what_is_no_token_is_refused(token: str, told: str) -> None:
    assert refused(token) == told


@given(st.text() | st.lists(st.text(alphabet="abcABC019_-="), min_size=3, max_size=3).map(".".join))
def test_whatever_is_sent_is_refused_with_an_answer_that_can_be_sent(text: str) -> None:
    try:
        judged(token_of(make_request(text.encode())))
    except TokenError as error:
        answer = error.answer
    else:
        pytest.fail("it was let in")

    assert answer.status == 401
    assert all(not set(b"\r\n") & set(value) for _, value in answer.headers)


def test_the_event_has_claims_as_texts_and_no_scopes() -> None:
    claims = {
        "sub": "ann",
        "exp": NOW,
        "email_verified": True,
        "cognito:groups": ["admin", "power user"],
        "numbers": [1, 2.5, False],
        "empty": [],
        "nothing": None,
        "nested": {"a": [1, "é"]},
        "half": "\ud83d",
    }

    assert context(claims) == {
        "jwt": {
            "claims": {
                "sub": "ann",
                "exp": "1790000000",
                "email_verified": "true",
                "cognito:groups": "[admin power user]",
                "numbers": "[1 2.5 false]",
                "empty": "[]",
                "nested": '{"a":[1,"\\u00e9"]}',
                "half": "?",
            },
            "scopes": None,
        }
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=())), JSON))
def test_whatever_the_claims_are_the_event_can_carry_them(claims: dict[str, Any]) -> None:
    texts = context(claims)["jwt"]["claims"]

    assert json.loads(json.dumps(texts, ensure_ascii=False).encode()) == texts
    assert len(texts) <= len(claims)
    assert all(isinstance(text, str) for text in texts.values())


def test_another_rule_decides_otherwise() -> None:
    token = signed(KEY, CLAIMS)

    assert refused(token, replace(RULES, audiences=("someone-else",))) == AUDIENCE
    assert refused(token, now=NOW + 60) == EXPIRED
    assert judged(token, now=NOW + 59.9) == CLAIMS
