"""An instance that is restored from a snapshot: hooks, identity, random numbers, secrets, nothing left to import."""

import json
import os
import random
import tempfile
import time
from typing import Any

import pytest

from benchmarks.events import FORM, MULTIPART, event
from serve import secrets, snapshot
from serve.secrets import SecretsError
from tests.serve.doors import Start
from tests.serve.lambda_events import payload_v2
from tests.serve.parameter_store import parameter_store
from tests.serve.runtime import runtime_api, serve_events

SNAPSTART = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
APP = "tests.serve.restored.late:app"
TOLD = payload_v2(path="/told")
HELLO = event("GET", "/hello")
UPLOAD = "multipart/form-data; boundary=b"


def told(result: dict[str, Any]) -> dict[str, Any]:
    """What the app in tests/serve/restored says of itself."""
    report: dict[str, Any] = json.loads(result["body"])
    return report


def served(start: Start, app: str, events: list[Any], **variables: str) -> list[Any]:
    """The results of events in a restored instance of `app`, and last what that says of itself."""
    results, _ = serve_events(start, [*events, TOLD], APP=APP, LATE=app, **SNAPSTART, **variables)
    return results


@pytest.mark.parametrize(
    ("app", "events"),
    [
        ("app:create_app()", [HELLO, event("GET", "/nowhere")]),
        ("app:create_app()", [event("POST", "/echo", b'{"message": "hello"}', "application/json")]),
        ("benchmarks.apps.forms:create_app()", [event("POST", "/", b"name=you", FORM)]),
        ("benchmarks.apps.forms:create_form()", [event("POST", "/form", MULTIPART, UPLOAD)]),
        ("benchmarks.apps.pages:create_app()", [event("GET", "/"), event("GET", "/admin/")]),
    ],
)
def test_requests_after_a_restore_import_nothing(start: Start, app: str, events: list[Any]) -> None:
    """A GET, an error, JSON, a form with a session, an upload and a page of a template."""
    *answers, report = served(start, app, events)

    assert {answer["statusCode"] for answer in answers} <= {200, 404}
    assert told(report)["modules"] == []


def test_the_first_request_to_a_provisioned_instance_imports_nothing(start: Start) -> None:
    """No caller waits for its start, so nothing is left for a request; an instance on demand leaves some."""
    events = [event("POST", "/", b"name=you", FORM), TOLD]
    app = {"APP": APP, "LATE": "benchmarks.apps.forms:create_app()"}

    (_, provisioned), _ = serve_events(
        start, events, AWS_LAMBDA_INITIALIZATION_TYPE="provisioned-concurrency", **app
    )
    (_, on_demand), _ = serve_events(start, events, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand", **app)

    assert told(provisioned)["modules"] == []
    assert told(on_demand)["modules"] != []


def test_an_instance_counts_its_age_from_the_restore_and_says_that_it_was_restored(start: Start) -> None:
    """So a restored cold start is proven as any other: by its number and by an age below what the client waited."""
    with runtime_api([HELLO]) as api:
        restores = list[float]()
        api.on_restore = lambda: restores.append(time.monotonic())
        start(AWS_LAMBDA_RUNTIME_API=api.address, **SNAPSTART)
        [(_, result)] = api.wait(1)
        waited_ms = (time.monotonic() - restores[0]) * 1000

    headers = result["headers"]
    assert headers["x-instance-start"] == "restored"
    assert headers["x-instance-request"] == "1"
    assert float(headers["x-instance-age-ms"]) < waited_ms


def test_an_instance_that_was_not_restored_says_nothing_of_it(start: Start) -> None:
    [result], _ = serve_events(start, [HELLO])

    assert "x-instance-start" not in result["headers"]


def test_a_request_before_the_snapshot_leaves_no_trace_in_the_identity(start: Start) -> None:
    """An app may warm itself up in a hook: the id that it got then would be that of every instance."""
    first, _ = served(start, "app:create_app()", [HELLO], PRIMES="on")
    second, _ = served(start, "app:create_app()", [HELLO], PRIMES="on")

    assert first["headers"]["x-instance-request"] == second["headers"]["x-instance-request"] == "1"
    assert first["headers"]["x-instance-id"] != second["headers"]["x-instance-id"]


def test_random_numbers_are_the_instances_own_and_the_apps_hooks_run(start: Start) -> None:
    """The app seeds the generator while it is loaded; without a restore that seed holds."""
    seeded = random.Random("the same in each instance").random()

    restored = told(served(start, "app:create_app()", [])[-1])

    assert restored["hooks"] == ["before", "after"]
    assert restored["number"] != seeded


def test_generators_of_libraries_are_reseeded_if_they_are_loaded() -> None:
    numpy: Any = pytest.importorskip("numpy")
    random.seed(1)
    numpy.random.seed(1)
    before = (random.random(), numpy.random.random())
    random.seed(1)
    numpy.random.seed(1)

    snapshot.reseed()

    assert random.random() != before[0]
    assert numpy.random.random() != before[1]


def test_names_of_temporary_files_are_the_instances_own() -> None:
    """Python draws them by a generator that notices a fork but no restore; an app may call an upload by such a name."""
    names: Any = vars(tempfile)["_get_candidate_names"]
    names().rng.seed(1)
    expected = next(names())
    names().rng.seed(1)

    snapshot.reseed()

    assert next(names()) != expected


def test_a_secret_that_changed_is_read_again_and_the_log_says_which(start: Start) -> None:
    """With the keys that SnapStart gives, which are not in the environment; of the value the log shows nothing."""
    with (
        parameter_store({"/shop/key": ["old secret"], "/shop/pinned": ["first"]}) as store,
        runtime_api([TOLD]) as api,
    ):
        client: Any = vars(store)["ssm"]

        def change() -> None:
            for name in ("/shop/key", "/shop/pinned"):
                client.put_parameter(Name=name, Value="new secret", Type="SecureString", Overwrite=True)

        api.on_restore = change
        process = start(
            AWS_LAMBDA_RUNTIME_API=api.address,
            APP=APP,
            LATE="app:create_app()",
            SECRETS_FROM=json.dumps({"API_KEY": "/shop/key", "PINNED": "/shop/pinned:1"}),
            AWS_ENDPOINT_URL_SSM=store.url,
            **store.keys,
            **SNAPSTART,
        )
        [(_, result)] = api.wait(1)
        process.terminate()
        out, err = process.communicate(timeout=30)

    assert told(result)["secret"] == "new secret"
    assert told(result)["modules"] == []
    assert "API_KEY changed since the snapshot was taken" in out + err
    assert "secret" not in (out + err).replace("secrets", "")
    assert store.asked == [["/shop/key", "/shop/pinned:1"], ["/shop/key"]]


def test_secrets_of_the_snapshot_stay_if_nobody_gives_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with parameter_store({}) as store:
        monkeypatch.setattr(secrets, "PAUSES", ())
        for name, value in {
            **store.keys,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
            "API_KEY": "kept",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SECRETS_FROM", '{"API_KEY": "/shop/key"}')
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", store.url)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)

        secrets.fetch_again()
        with pytest.raises(SecretsError, match=r"/credentials gives no keys: .*403"):
            secrets.fetch()

    assert "Secrets are those of the snapshot" in caplog.text
    assert os.environ["API_KEY"] == "kept"
