"""Fetches the public keys that an issuer signs tokens with, and keeps them for a while, as an HTTP API does.

The issuer's OpenID Connect discovery document says where they are (openid.net/specs/openid-connect-discovery-1_0,
section 4). Times and sizes are from platforms/limits.toml.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

import platforms
from local.aws.tokens import NO_DISCOVERY, NO_KEYS, TokenError
from local.discovery import DISCOVERY
from local.doors import is_safe_url


class Keys:
    """The keys of one issuer, by `kid`. Tests replace `fetch` and `clock` (seconds)."""

    def __init__(
        self,
        issuer: str,
        fetch: Callable[[str], Awaitable[jwt.PyJWKSet]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch or fetched
        self._clock = clock
        self._known: dict[str, RSAPublicKey] = {}
        self._until = -1.0
        # Requests that come at once wait for one answer together.
        self._fetching = asyncio.Lock()

    async def find(self, kid: str) -> RSAPublicKey:
        """The key called `kid`, fetched anew if it is not known or too old. Raises TokenError."""
        # That a key which is not known yet is asked for at once is documented of REST APIs alone:
        # docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-keys.html
        if not self._has(kid):
            async with self._fetching:
                if not self._has(kid):
                    self._known = _usable(await self._fetch(self._issuer))
                    self._until = self._clock() + platforms.limit("aws", "jwt_keys_kept")
        if kid not in self._known:
            raise TokenError("the token's key is not known", f"{self._issuer} has no RSA key {kid!r}")
        return self._known[kid]

    def _has(self, kid: str) -> bool:
        return kid in self._known and self._clock() < self._until


async def fetched(issuer: str) -> jwt.PyJWKSet:
    """All keys that `issuer` names at present. Raises TokenError, which names the document and its fault."""
    discovery = issuer.rstrip("/") + DISCOVERY
    where = (await _document(discovery, NO_DISCOVERY)).get("jwks_uri")
    if not isinstance(where, str) or not is_safe_url(where):
        raise TokenError(NO_DISCOVERY, f"{discovery} has no jwks_uri that is https, or http on this machine")
    try:
        return jwt.PyJWKSet.from_dict(await _document(where, NO_KEYS))
    except (jwt.PyJWTError, TypeError, ValueError) as problem:
        raise TokenError(NO_KEYS, f"{where} has no keys: {problem}") from None


def _usable(keys: jwt.PyJWKSet) -> dict[str, RSAPublicKey]:
    return {
        key.key_id: key.key
        for key in keys
        if isinstance(key.key_id, str)
        and isinstance(key.key, RSAPublicKey)
        and key.public_key_use in (None, "sig")
    }


async def _document(url: str, failure: str) -> dict[str, Any]:
    """The JSON object at `url`. Raises TokenError with `failure`."""
    largest = platforms.limit("aws", "jwt_keys_bytes")
    seconds = platforms.limit("aws", "jwt_keys_timeout")
    try:
        body = bytearray()
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as session, session.get(url) as response:
            response.raise_for_status()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > largest:
                    raise TokenError(failure, f"{url} is larger than {largest} bytes")
        document = json.loads(body)
    except TimeoutError:
        raise TokenError(failure, f"{url} takes longer than {seconds} s") from None
    except aiohttp.ClientResponseError as problem:
        raise TokenError(failure, f"{url} answers {problem.status}") from None
    except aiohttp.ClientError as problem:
        raise TokenError(failure, f"{url} cannot be read: {problem}") from None
    except (ValueError, RecursionError):
        raise TokenError(failure, f"{url} is not JSON") from None
    if not isinstance(document, dict):
        raise TokenError(failure, f"{url} is no JSON object")
    return document
