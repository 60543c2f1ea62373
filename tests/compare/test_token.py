"""A comparison of a platform that asks for tokens: the token comes from the environment and stays there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import Emulator, Settings
from local.issuer import Issuer
from tests.compare.conftest import Done

Compare = Callable[..., Done]
HEADER = ("--header", "Authorization: Bearer ${TOKEN}")
BRIEF = ("--rounds", "6", "--quiet", "--timeout", "60s")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer(0) as running:
        yield running


def holding(token: str, done: Done, *files: Path) -> list[str]:
    """Where the token is, or its signature: output, errors and every file that was written."""
    secrets = (token, token.rpartition(".")[2])
    texts = {"output": done.out, "errors": done.error}
    found = [*(file for file in done.results.rglob("*") if file.is_file()), *files]
    texts |= {str(file): file.read_text(encoding="utf-8") for file in found}
    assert len(texts) > 4
    return [name for name, text in texts.items() if any(secret in text for secret in secrets)]


def measured(compare: Compare, issuer: Issuer, token: str, log: Path) -> Done:
    """A comparison of a platform that runs already, with `token` in the environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TOKEN", token)
        with Emulator("aws", Settings(jwt_issuer=issuer.url, jwt_audience="my-api", log=log)) as aws:
            return compare("run", f"mine={aws.url}/hello", *HEADER, *BRIEF, "--cold", "none")


@pytest.mark.process
def test_a_running_platform_is_measured_with_a_token_that_nothing_keeps(
    compare: Compare, issuer: Issuer, tmp_path: Path
) -> None:
    token, log = issuer.token({"aud": "my-api"}), tmp_path / "aws.log"

    done = measured(compare, issuer, token, log)

    (target,) = done.report["targets"]
    assert (done.status, target["failed"], {one["status"] for one in done.samples}) == (0, 0, {200})
    assert holding(token, done, log) == []


@pytest.mark.process
def test_cold_starts_behind_the_authorizer_are_measured_too(
    compare: Compare, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token({"aud": "my-api"})
    monkeypatch.setenv("TOKEN", token)
    file = tmp_path / "targets.toml"
    file.write_text(
        '[request]\nheaders = { Authorization = "Bearer ${TOKEN}" }\n'
        f'[[target]]\nlocal = "aws"\njwt_issuer = "{issuer.url}"\njwt_audience = "my-api"\n'
    )

    done = compare("run", "--targets", str(file), *BRIEF, "--cold-starts", "2")

    assert done.status == 0
    (target,) = done.report["targets"]
    assert {(one["kind"], one["n"]) for one in target["series"]} == {("cold", 2), ("warm", 6)}
    assert holding(token, done) == []


@pytest.mark.process
def test_a_token_that_is_refused_is_a_failure_that_does_not_show_it(
    compare: Compare, issuer: Issuer, tmp_path: Path
) -> None:
    token, log = issuer.token({"aud": "someone-else"}), tmp_path / "aws.log"

    done = measured(compare, issuer, token, log)

    assert (done.status, {one["status"] for one in done.samples}) == (1, {401})
    assert "Problem: mine is down or answers wrongly" in done.out
    assert "token refused: the token does not have a valid audience" in log.read_text()
    assert holding(token, done, log) == []
