"""In Lambda mode secrets are in the environment before the app is loaded; without one, the start says which and why."""

import json
import os

import pytest

from serve import secrets
from serve.secrets import SecretsError
from tests.serve.conftest import starting
from tests.serve.lambda_events import payload_v2
from tests.serve.parameter_store import BORROWED, IDENTITY, parameter_store
from tests.serve.runtime import runtime_api, serve_events

DENIED = {"__type": "AccessDeniedException", "Message": "no identity-based policy allows ssm:GetParameters"}
THROTTLED = {"__type": "com.amazonaws#ThrottlingException", "message": "Rate exceeded"}


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment like Lambda's, which is put back; tries follow each other at once."""
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(secrets, "PAUSES", (0.0, 0.0))
    return monkeypatch


def fetched(wanted: pytest.MonkeyPatch, url: str, places: dict[str, str]) -> dict[str, str]:
    """What is in the environment for `places` afterwards."""
    wanted.setenv("SECRETS_FROM", json.dumps(places))
    wanted.setenv("AWS_ENDPOINT_URL_SSM", url)
    for name in places:
        wanted.setenv(name, "before")
    secrets.fetch()
    return {name: os.environ[name] for name in places}


def test_each_variable_gets_its_parameter_and_the_version_that_was_asked_for(
    wanted: pytest.MonkeyPatch,
) -> None:
    """Signed as AWS's own client signs, in questions of ten names."""
    many = {f"/shop/{number}": [f"value {number}"] for number in range(12)}
    with parameter_store({**many, "/shop/key": ["old", "now"]}, {"shop/db": "borrowed é"}) as store:
        places = {f"V{number}": f"/shop/{number}" for number in range(12)}
        found = fetched(
            wanted,
            store.url,
            {**places, "OLD": "/shop/key:1", "DB": f"{BORROWED}shop/db", "AGAIN": "/shop/1"},
        )

    assert found == {
        **{f"V{number}": f"value {number}" for number in range(12)},
        "OLD": "old",
        "DB": "borrowed é",
        "AGAIN": "value 1",
    }
    assert [len(names) for names in store.asked] == [10, 4]


def test_a_name_that_is_not_there_is_told(wanted: pytest.MonkeyPatch) -> None:
    with (
        parameter_store({"/shop/key": ["x"]}) as store,
        pytest.raises(SecretsError, match=r"^there is no parameter /shop/kye in eu-west-1$"),
    ):
        fetched(wanted, store.url, {"KEY": "/shop/key", "OTHER": "/shop/kye"})


def test_a_refusal_is_told_at_once(wanted: pytest.MonkeyPatch) -> None:
    """The one try that a missing right takes; the answer's words are the remedy."""
    with parameter_store({"/shop/key": ["x"]}) as store:
        store.troubles = [(400, DENIED)]
        with pytest.raises(SecretsError) as caught:
            fetched(wanted, store.url, {"KEY": "/shop/key"})

    assert str(caught.value) == (
        f"{store.url} refuses GetParameters: 400 AccessDeniedException: "
        "no identity-based policy allows ssm:GetParameters"
    )


def test_a_wrong_key_is_refused(wanted: pytest.MonkeyPatch) -> None:
    """The store of these tests checks signatures."""
    wanted.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with parameter_store({}) as store, pytest.raises(SecretsError, match="400 InvalidSignatureException"):
        fetched(wanted, store.url, {"KEY": "/shop/key"})


def test_throttling_and_faults_of_the_server_are_tried_again(wanted: pytest.MonkeyPatch) -> None:
    with parameter_store({"/shop/key": ["x"]}) as store:
        store.troubles = [(400, THROTTLED), (503, {})]

        assert fetched(wanted, store.url, {"KEY": "/shop/key"}) == {"KEY": "x"}

        store.troubles = [(400, THROTTLED)] * 3
        with pytest.raises(SecretsError, match="400 ThrottlingException: Rate exceeded"):
            fetched(wanted, store.url, {"KEY": "/shop/key"})


def test_silence_ends_in_an_error(wanted: pytest.MonkeyPatch) -> None:
    """In time for the start to say so itself."""
    wanted.setattr(secrets, "PATIENCE", 0.2)
    with parameter_store({}) as store:
        store.silent.set()
        with pytest.raises(SecretsError, match=r"does not answer GetParameters: .*timed out"):
            fetched(wanted, store.url, {"KEY": "/shop/key"})


@pytest.mark.parametrize("text", ["", "KEY", "[]", '"x"', '{"KEY": 1}'])
def test_a_list_of_another_form_is_told(text: str, wanted: pytest.MonkeyPatch) -> None:
    wanted.setenv("SECRETS_FROM", text)

    with pytest.raises(SecretsError, match="SECRETS_FROM is no JSON of the form"):
        secrets.fetch()


def test_all_tries_together_leave_time_in_lambdas_start() -> None:
    """The start has ten seconds, and the app needs some of them."""
    assert secrets.PATIENCE * (len(secrets.PAUSES) + 1) + sum(secrets.PAUSES) < 8


@pytest.mark.process
def test_the_app_finds_its_secret_when_it_is_loaded() -> None:
    """From the door's start to the answer, with processes and sockets."""
    with parameter_store({"/shop/key": ["canary"]}) as store, starting() as start:
        answers, log = serve_events(
            start,
            [payload_v2()],
            APP="tests.serve.reveal:app",
            SECRETS_FROM='{"API_KEY": "/shop/key:1"}',
            AWS_ENDPOINT_URL_SSM=store.url,
            **IDENTITY,
        )

    assert answers[0]["body"] == "canary"
    assert "canary" not in log


@pytest.mark.process
def test_a_start_without_its_secret_is_an_init_error_that_says_so() -> None:
    """Lambda shows it in the log and answers; the app is never loaded."""
    with parameter_store({}) as store, runtime_api([payload_v2()]) as api, starting() as start:
        start(
            RUN_MODE="lambda",
            AWS_LAMBDA_RUNTIME_API=api.address,
            APP="tests.serve.reveal:app",
            SECRETS_FROM='{"API_KEY": "/shop/key"}',
            AWS_ENDPOINT_URL_SSM=store.url,
            **IDENTITY,
        )
        ((path, told),) = api.wait(1)

    assert path.endswith("/runtime/init/error")
    assert (told["errorType"], told["errorMessage"]) == (
        "SecretsError",
        "there is no parameter /shop/key in eu-west-1",
    )
