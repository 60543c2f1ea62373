"""The issuer for trying tokens on this machine, as a user runs it."""

import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

import commandline
from local.issuer import app
from tests.local.conftest import PATIENCE, command


@pytest.fixture(scope="module")
def said(processes: None) -> Iterator[str]:
    """The line that an issuer prints which the tests share."""
    with command("local.issuer", "--port=0") as process:
        yield first_line(process)


@pytest.fixture
def issuer(said: str) -> str:
    """Its URL."""
    return said.split(maxsplit=1)[0]


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        return response.read().decode()


def claims_of(token: str, url: str) -> dict[str, Any]:
    """What the token says, if the issuer's published keys bear it out: with PyJWT's own client and checks."""
    where = json.loads(get(f"{url}/.well-known/openid-configuration"))["jwks_uri"]
    key = jwt.PyJWKClient(where).get_signing_key_from_jwt(token)
    return jwt.decode(token, key, audience="my-api", issuer=url)


def test_it_says_where_it_is_and_gives_tokens_that_its_keys_bear_out(said: str, issuer: str) -> None:
    claims = claims_of(get(f"{issuer}/token?audience=my-api&sub=ann&scope=read%20write"), issuer)

    assert said == f"{issuer} issues tokens at /token?audience=NAME, for this machine; Ctrl-C ends it\n"
    assert claims.pop("exp") == claims.pop("iat") + 3600
    assert claims == {"iss": issuer, "aud": "my-api", "sub": "ann", "scope": "read write"}
    with pytest.raises(jwt.ExpiredSignatureError):
        claims_of(get(f"{issuer}/token?audience=my-api&expires_in=-1"), issuer)


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        (
            "/token?expires_in=soon",
            400,
            "expires_in is 'soon'; it is a number of seconds, below 0 for an expired token",
        ),
        (
            "/token?expires_in=%E2%82%AC",
            400,
            r"expires_in is '\u20ac'; it is a number of seconds, below 0 for an expired token",
        ),
        ("/other", 404, "Not Found"),
    ],
)
def test_what_it_does_not_have_is_an_answer(issuer: str, path: str, status: int, reason: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        get(f"{issuer}{path}")

    with error.value:
        assert (error.value.code, error.value.reason) == (status, reason)


@pytest.mark.process
@pytest.mark.parametrize(("end", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it(end: signal.Signals, status: int) -> None:
    with command("local.issuer", "--port=0") as process:
        first_line(process)

        process.send_signal(end)

        assert process.wait(PATIENCE) == status


@pytest.mark.process
def test_a_port_in_use_is_one_clear_line(taken_port: int) -> None:
    with command("local.issuer", f"--port={taken_port}") as process:
        out, error = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (2, "")
    assert error == f"local.issuer: port {taken_port} is in use; choose another with --port, or 0 for any\n"


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none_is_one_clear_line(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["local.issuer", f"--port={port}"])
    with pytest.raises(SystemExit) as ended:
        commandline.run(app, "local.issuer")

    assert ended.value.code == 2
    assert capsys.readouterr() == (
        "",
        f"local.issuer: --port is {port}; it is 0 (any free one) to 65535\n",
    )
