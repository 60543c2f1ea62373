"""An issuer's keys: asked for once, kept for as long as AWS keeps them, and an issuer's faults said in words."""

import asyncio
import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from local.aws.keys import Keys, fetched
from local.aws.tokens import TokenError
from local.issuer import Issuer

ISSUER = "https://login.example.com"
ONE, TWO = (rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key() for _ in range(2))


def key_set(**keys: rsa.RSAPublicKey) -> jwt.PyJWKSet:
    return jwt.PyJWKSet([{**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": kid} for kid, key in keys.items()])


class Source:
    """What an issuer has, a clock, and how often it was asked."""

    def __init__(self, **keys: rsa.RSAPublicKey) -> None:
        self.keys = key_set(**keys)
        self.now = 0.0
        self.asked = 0
        self.problem = ""

    async def fetch(self, issuer: str) -> jwt.PyJWKSet:
        assert issuer == ISSUER
        self.asked += 1
        await asyncio.sleep(0)
        if self.problem:
            raise TokenError(self.problem)
        return self.keys

    def kept(self) -> Keys:
        return Keys(ISSUER, self.fetch, lambda: self.now)


def test_keys_are_asked_for_once_and_kept_for_two_hours() -> None:
    async def use() -> list[int]:
        source = Source(one=ONE, two=TWO)
        keys = source.kept()
        counts: list[int] = []
        for source.now in (0, 1, 7199, 7200, 14399):
            assert (await keys.find("one"), await keys.find("two")) == (ONE, TWO)
            counts.append(source.asked)
        return counts

    assert asyncio.run(use()) == [1, 1, 1, 2, 2]


def test_a_key_that_is_withdrawn_is_good_until_the_two_hours_are_over() -> None:
    async def use() -> None:
        source = Source(one=ONE)
        keys = source.kept()
        await keys.find("one")
        source.keys = key_set(two=TWO)
        source.now = 7199

        assert await keys.find("one") == ONE

        source.now = 7200
        with pytest.raises(TokenError, match="key is not known"):
            await keys.find("one")

    asyncio.run(use())


def test_a_new_key_is_asked_for_at_once() -> None:
    async def use() -> None:
        source = Source(one=ONE)
        keys = source.kept()
        await keys.find("one")
        source.keys = key_set(one=ONE, two=TWO)

        assert await keys.find("two") == TWO
        assert source.asked == 2

    asyncio.run(use())


def test_a_key_that_the_issuer_does_not_have_is_refused() -> None:
    async def use() -> str:
        with pytest.raises(TokenError) as error:
            await Source(one=ONE).kept().find("three")
        return str(error.value)

    assert asyncio.run(use()) == f"the token's key is not known ({ISSUER} has no RSA key 'three')"


def test_requests_that_come_together_ask_once() -> None:
    async def use() -> int:
        source = Source(one=ONE)
        keys = source.kept()
        assert await asyncio.gather(*(keys.find("one") for _ in range(20))) == [ONE] * 20
        return source.asked

    assert asyncio.run(use()) == 1


def test_a_failure_is_not_kept() -> None:
    async def use() -> None:
        source = Source(one=ONE)
        source.problem = "JWKS communication error"
        keys = source.kept()
        with pytest.raises(TokenError, match="JWKS communication error"):
            await keys.find("one")
        source.problem = ""

        assert await keys.find("one") == ONE

    asyncio.run(use())


def test_keys_that_sign_nothing_are_left_out() -> None:
    async def use() -> list[bool]:
        jwk = RSAAlgorithm.to_jwk(ONE, as_dict=True)
        curve = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
        source = Source(one=ONE)
        source.keys = jwt.PyJWKSet(
            [
                {**jwk, "kid": "signs", "use": "sig"},
                {**jwk, "kid": "encrypts", "use": "enc"},
                {**curve, "kid": "curve"},
                jwk,
            ]
        )
        keys, found = source.kept(), list[bool]()
        for kid in ("signs", "encrypts", "curve"):
            try:
                found.append(await keys.find(kid) == ONE)
            except TokenError:
                found.append(False)
        return found

    assert asyncio.run(use()) == [True, False, False]


def test_the_keys_of_a_real_issuer_are_found_with_and_without_a_last_slash() -> None:
    with Issuer(0) as issuer:
        for url in (issuer.url, f"{issuer.url}/"):
            key = asyncio.run(Keys(url).find(issuer.key_id))

            assert key == issuer.private_key.public_key()


@contextmanager
def answering(**documents: bytes) -> Generator[str]:
    """An issuer's URL, where each path ends with the name of one of `documents`; URL in them is the issuer's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = documents.get(self.path.rpartition("/")[2].replace("-", "_"))
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or b"").replace(b"URL", url.encode()))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield url
        server.shutdown()
        thread.join()


GOOD = b'{"jwks_uri": "URL/keys"}'
OIDC = "OIDC discovery endpoint communication error (URL/.well-known/openid-configuration"
JWKS = "JWKS communication error (URL/keys"


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ({}, f"{OIDC} answers 404)"),
        ({"openid_configuration": b"<html>"}, f"{OIDC} is not JSON)"),
        ({"openid_configuration": b"\xff"}, f"{OIDC} is not JSON)"),
        ({"openid_configuration": b"[]"}, f"{OIDC} is no JSON object)"),
        (
            {"openid_configuration": b"{}"},
            f"{OIDC} has no jwks_uri that is https, or http on this machine)",
        ),
        (
            {"openid_configuration": b'{"jwks_uri": "http://example.com/keys"}'},
            f"{OIDC} has no jwks_uri that is https, or http on this machine)",
        ),
        (
            {"openid_configuration": b'{"jwks_uri": "file:///etc/passwd"}'},
            f"{OIDC} has no jwks_uri that is https, or http on this machine)",
        ),
        ({"openid_configuration": GOOD}, f"{JWKS} answers 404)"),
        ({"openid_configuration": GOOD, "keys": b"no"}, f"{JWKS} is not JSON)"),
        (
            {"openid_configuration": GOOD, "keys": b'{"keys": []}'},
            f"{JWKS} has no keys: The JWK Set did not contain any keys)",
        ),
        (
            {"openid_configuration": GOOD, "keys": json.dumps({"keys": ["x" * 150_000]}).encode()},
            f"{JWKS} is larger than 150000 bytes)",
        ),
    ],
)
def test_an_issuer_that_answers_wrongly_is_named_with_what_is_wrong(
    documents: dict[str, bytes], said: str
) -> None:
    with answering(**documents) as url, pytest.raises(TokenError) as error:
        asyncio.run(fetched(url))

    assert str(error.value) == said.replace("URL", url)


def test_an_issuer_that_is_not_there_is_named() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"

        with pytest.raises(TokenError) as error:
            asyncio.run(fetched(url))

    assert str(error.value).startswith(
        f"OIDC discovery endpoint communication error ({url}/.well-known/openid-configuration cannot be read: "
    )


def test_an_issuer_that_does_not_answer_is_not_waited_for() -> None:
    """It accepts the connection, and that is all."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as silent:
        url = f"http://127.0.0.1:{silent.server_address[1]}"

        with pytest.raises(TokenError) as error:
            asyncio.run(fetched(url))

    assert str(error.value) == (
        f"OIDC discovery endpoint communication error ({url}/.well-known/openid-configuration takes longer than 1.5 s)"
    )
