"""Tokens as an honest issuer signs them, and as nobody honest does."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def segment(value: Any) -> str:
    """A part of a token that holds `value` as JSON."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(key: RSAPrivateKey, claims: Any, *, algorithm: str = "RS256", **header: Any) -> str:
    """A token with `claims`, whatever they are, whose header names the key "one" unless `header` says otherwise."""
    named = {"kid": "one"} | header
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, named)


def unsigned(key: RSAPrivateKey, claims: Any, kid: str = "one") -> str:
    """The oldest of forgeries: a token that says that it needs no signature."""
    return f"{segment({'alg': 'none', 'kid': kid})}.{segment(claims)}."


def signed_with_the_public_key(key: RSAPrivateKey, claims: Any, kid: str = "one") -> str:
    """Another: the public key, which everyone has, used as the secret of HS256."""
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{segment({'alg': 'HS256', 'kid': kid})}.{segment(claims)}"
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def altered(key: RSAPrivateKey, claims: Any, kid: str = "one") -> str:
    """A good token whose claims were changed after it was signed."""
    header, _, signature = signed(key, claims, kid=kid).split(".")
    return f"{header}.{segment({**claims, 'sub': 'someone else'})}.{signature}"


FORGERIES: dict[str, tuple[Callable[..., str], str]] = {
    "alg none": (unsigned, "signing method none is invalid"),
    "HS256 with the public key": (signed_with_the_public_key, "signing method HS256 is invalid"),
    "altered claims": (altered, "crypto/rsa: verification error"),
}
