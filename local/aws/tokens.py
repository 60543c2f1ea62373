"""Checks a request's token as an HTTP API's JWT authorizer does: finds the claims to pass on, or refuses. Pure.

Sources, by the names used below; all that names no source is assumed:
DOC   docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
WHY   docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html, a whole response
SEEN  the real service's words, as others show them: github.com/WebbPulse/WebbPulse-Portfolio and nksrules/lambda-hw
      (responses), neighborhoods/okta-openid-mini-project (access logs); events in DefinitelyTyped/DefinitelyTyped,
      pull request 75458, and floci-io/floci, pull request 2011
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from local.http.message import Answer, Request

# "Currently, only RSA-based algorithms are supported" (DOC).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
NO_DISCOVERY = "OIDC discovery endpoint communication error"  # SEEN
NO_KEYS = "JWKS communication error"  # SEEN

_LONGEST_DETAIL = 300


@dataclass(frozen=True)
class Rules:
    """The issuer whose tokens are accepted (`iss`), and the audiences of which a token has to name one (`aud`)."""

    issuer: str
    audiences: tuple[str, ...]


class TokenError(Exception):
    """The request is refused. `description` is sent back; it is "" if there is no token at all.

    `detail` is only for the log. Of the token, both hold at most its claims about issuer and audience.
    """

    def __init__(self, description: str, detail: str = "") -> None:
        super().__init__(description or "there is none")
        self.description = description
        self.detail = detail[:_LONGEST_DETAIL]

    def __str__(self) -> str:
        """Description and detail, for the log."""
        return f"{self.args[0]} ({self.detail})" if self.detail else f"{self.args[0]}"

    @property
    def answer(self) -> Answer:
        """The HTTP API's own answer. All its headers are in WHY, which shows no type; without a token see SEEN."""
        challenge = "Bearer"
        if self.description:
            challenge += f' scope="" error="invalid_token" error_description="{self.description}"'
        body = b'{"message":"Unauthorized"}'
        length = str(len(body)).encode()
        return Answer(401, [(b"content-length", length), (b"www-authenticate", challenge.encode())], body)


def token_of(request: Request) -> str:
    """The token in the Authorization header, with or without "Bearer" (DOC). Raises TokenError if there is none."""
    values = [value for name, value in request.headers if name == b"authorization"]
    token = re.sub(r"\Abearer +", "", b",".join(values).decode("latin-1").strip(), flags=re.IGNORECASE)
    if not token:
        raise TokenError("")
    return token


def key_id(token: str) -> str:
    """The name of the issuer's key that `token` is signed with. Raises TokenError if the token cannot be valid."""
    if token.count(".") != 2:  # noqa: PLR2004 - header, claims and signature
        raise TokenError("token contains an invalid number of segments")  # SEEN
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise _unreadable() from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        # SEEN for ES256. The answer has it in a header, so only the characters of such a name are let through.
        known = isinstance(algorithm, str) and re.fullmatch(r"[\w-]{1,16}", algorithm, re.ASCII)
        raise TokenError(f"signing method {algorithm} is invalid" if known else "signing method is invalid")
    if "kid" not in header:
        raise TokenError("the token does not name its key")
    return header["kid"]


def claims_of(token: str, key: RSAPublicKey, rules: Rules, now: float) -> dict[str, Any]:
    """The claims of `token`. Raises TokenError unless `key` signed it and it is valid `now`, in epoch seconds.

    DOC says what is checked, in which order. A token that never expires is refused.
    """
    try:
        claims = json.loads(jwt.PyJWS().decode(token, key, algorithms=ALGORITHMS))
    except jwt.InvalidSignatureError:
        # The other texts are those of Go's library for tokens; this is its text for a wrong signature.
        raise TokenError("crypto/rsa: verification error") from None
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(claims, dict):
        raise _unreadable()
    if claims.get("iss") != rules.issuer:
        raise TokenError(
            "issuer does not match", f"it is {claims.get('iss')!r}, allowed is {rules.issuer!r}"
        )  # SEEN
    if not _audience_fits(claims, rules.audiences):
        audiences = claims.get("aud", claims.get("client_id"))
        raise TokenError(
            "the token does not have a valid audience",
            f"it is {audiences!r}, allowed is {', '.join(rules.audiences)}",
        )  # WHY
    _check_times(claims, now)
    return claims


def context(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The event's requestContext.authorizer: claims as texts, and no scopes, because the route asks for none.

    A claim that is null is left out (SEEN).
    """
    texts = {_clean(name): _clean(_text(value)) for name, value in claims.items() if value is not None}
    return {"jwt": {"claims": texts, "scopes": None}}


def _unreadable() -> TokenError:
    return TokenError("the token cannot be decoded")


def _audience_fits(claims: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    """Whether one of the audiences is `allowed`; `client_id` counts where there is no `aud` (DOC)."""
    audiences = claims["aud"] if "aud" in claims else claims.get("client_id")
    return any(
        audience in allowed for audience in (audiences if isinstance(audiences, list) else [audiences])
    )


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    """Raise TokenError if the token is not valid at this time. No tolerance for differing clocks is documented."""
    if not _is_time(claims.get("exp")) or not claims["exp"] > now:
        raise TokenError("the token has expired")  # SEEN
    for claim, text in (("nbf", "the token is not valid yet"), ("iat", "the token was issued in the future")):
        if claim in claims and not (_is_time(claims[claim]) and claims[claim] <= now):
            raise TokenError(text)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    """A claim as a text: a list as [one two], other values as JSON (SEEN, except for nested lists)."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_text(item) for item in value)}]"
    return json.dumps(value, separators=(",", ":"))


def _clean(text: str) -> str:
    """`text` without halves of UTF-16 pairs: JSON can write them, but UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
