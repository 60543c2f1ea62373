"""`python -m local.issuer`: an issuer of tokens for trying `--jwt-issuer` without an account anywhere.

Its key is made anew at each start and is stored nowhere. Everyone who reaches it gets any token, so it listens only on
this machine.
"""

import base64
import json
import os
import re
import signal
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlsplit

import jwt
import typer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

import commandline
from commandline import INTERRUPTED
from local.discovery import DISCOVERY
from local.http.listening import listen
from local.settings import check_port

KEYS = "/keys"
TOKEN = "/token"  # noqa: S105 - a path
EXPIRES_IN = 3600
SUBJECT = "someone"


class Issuer:
    """An issuer in the background, on a port of 127.0.0.1 (0: any free one): `with Issuer(0) as issuer: issuer.url`."""

    def __init__(self, port: int) -> None:
        self._listening = listen(port)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = ThreadingHTTPServer(("", 0), _handler(self), bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = self._listening
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1})
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is gone."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = base64.urlsafe_b64encode(os.urandom(9)).decode()

    @property
    def private_key(self) -> rsa.RSAPrivateKey:
        """The key that it signs with at present."""
        return self._key

    @property
    def key_id(self) -> str:
        """The name of that key in its tokens."""
        return self._key_id

    def token(self, claims: Mapping[str, Any]) -> str:
        """A token with an issuer's usual claims and with `claims`, which take their place; None leaves a claim out."""
        now = int(time.time())
        standard_claims = {"iss": self.url, "sub": SUBJECT, "iat": now, "exp": now + EXPIRES_IN}
        known = {name: value for name, value in {**standard_claims, **claims}.items() if value is not None}
        return jwt.encode(known, self._key, "RS256", {"kid": self._key_id})

    def documents(self) -> dict[str, dict[str, Any]]:
        """The documents that describe it, by path."""
        key = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {
            DISCOVERY: {"issuer": self.url, "jwks_uri": self.url + KEYS},
            KEYS: {"keys": [{**key, "kid": self._key_id, "use": "sig", "alg": "RS256"}]},
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == TOKEN:
                try:
                    self._answer("text/plain", issuer.token(_claims(url.query)))
                except ValueError as problem:
                    self.send_error(HTTPStatus.BAD_REQUEST, str(problem))
            elif document := issuer.documents().get(url.path):
                self._answer("application/json", json.dumps(document))
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def _answer(self, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - likewise
            """Say nothing."""

    return Handler


def _claims(query: str) -> dict[str, Any]:
    """A query's parameters as claims: `audience` as `aud`, and `expires_in`, in seconds, as the time of expiry."""
    claims: dict[str, Any] = dict(parse_qsl(query))
    if "audience" in claims:
        claims["aud"] = claims.pop("audience")
    seconds = claims.pop("expires_in", None)
    if seconds is not None:
        if not re.fullmatch(r"-?[0-9]{1,9}", seconds):
            raise ValueError(
                # In ASCII, because a header says it.
                f"expires_in is {seconds!a}; it is a number of seconds, below 0 for an expired token"
            )
        claims["exp"] = int(time.time()) + int(seconds)
    return claims


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(cls=commandline.Command)
def issue(port: Annotated[int, typer.Option(help="of 127.0.0.1; 0 is any free one")] = 9000) -> None:
    """Issue tokens for trying `python -m local aws --jwt-issuer` on this machine.

    GET /token?audience=NAME gives a token. Every other parameter is a claim of it, and expires_in its seconds.
    """
    check_port(port)
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with Issuer(port) as issuer:
        print(
            f"{issuer.url} issues tokens at {TOKEN}?audience=NAME, for this machine; Ctrl-C ends it",
            flush=True,
        )
        end = signal.sigwait(ends)
    raise typer.Exit(INTERRUPTED if end == signal.SIGINT else 0)


if __name__ == "__main__":
    commandline.run(app, "local.issuer")
