"""The identity headers: who answered, which request that was, how old the instance is."""

import re
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.message import Message

from werkzeug.test import Client
from werkzeug.wrappers import Response

from serve.instance import Identity, identify
from tests.serve.doors import Gunicorn

hello = Response("hello", headers={"Server-Timing": "db;dur=1"})


def headers_of(url: str) -> Message:
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.headers


def test_a_response_tells_instance_request_age_build_and_the_apps_duration() -> None:
    client = Client(identify(hello, Identity(), build="abc123"))

    first, second = client.get("/").headers, client.get("/").headers

    assert (first["X-Instance-Request"], second["X-Instance-Request"]) == ("1", "2")
    assert first["X-Instance-Id"] == second["X-Instance-Id"]
    assert re.fullmatch("[0-9a-f]{32}", first["X-Instance-Id"])
    assert 0 < float(first["X-Instance-Age-Ms"]) < float(second["X-Instance-Age-Ms"])
    assert first["X-Build-Id"] == "abc123"
    assert first.getlist("Server-Timing")[0] == "db;dur=1"
    assert re.fullmatch(r"app;dur=\d+\.\d{3}", first.getlist("Server-Timing")[1])


def test_health_checks_are_neither_counted_nor_identified() -> None:
    client = Client(identify(hello, Identity(), build="abc123"))

    health = client.get("/health").headers
    first = client.get("/").headers

    assert first["X-Instance-Request"] == "1"
    assert health["X-Build-Id"] == "abc123"
    assert not {"X-Instance-Id", "X-Instance-Request", "X-Instance-Age-Ms"} & set(health.keys())


def test_a_clients_request_to_the_health_path_is_told_apart_by_its_query() -> None:
    """An app may have no other page: its platform asks for "/", and who measures it for "/?measured"."""
    client = Client(identify(hello, Identity(), build="", health_path="/"))

    answers = [
        client.get(path).headers.get("X-Instance-Request") for path in ("/", "/?measured", "/", "/?x=1")
    ]

    assert answers == [None, "1", None, "2"]


def test_a_health_path_may_have_a_query() -> None:
    client = Client(identify(hello, Identity(), build="", health_path="/up?full"))

    assert "X-Instance-Request" not in client.get("/up?full").headers
    assert client.get("/up").headers["X-Instance-Request"] == "1"


def test_an_instance_gets_its_id_at_its_first_request_so_that_snapshots_do_not_share_it() -> None:
    identity = Identity()
    before = bytes(identity._memory)

    identity.next_request()

    assert before == bytes(len(before))
    assert bytes(identity._memory) != before


def test_threads_never_get_the_same_number() -> None:
    identity = Identity()
    start = threading.Barrier(8)

    def numbers() -> list[int]:
        start.wait()
        return [identity.next_request()[1] for _ in range(500)]

    with ThreadPoolExecutor(8) as pool:
        got = [number for future in [pool.submit(numbers) for _ in range(8)] for number in future.result()]

    assert sorted(got) == list(range(1, 4001))


def test_workers_and_threads_of_one_gunicorn_count_as_one_instance(gunicorn: Gunicorn) -> None:
    _, url = gunicorn(WEB_CONCURRENCY="3", THREADS="4", BUILD_ID="b1")
    headers_of(f"{url}/health")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: headers_of(f"{url}/hello"), range(120)))

    assert sorted(int(answer["X-Instance-Request"]) for answer in answers) == list(range(1, 121))
    assert len({answer["X-Instance-Id"] for answer in answers}) == 1
    assert {answer["X-Build-Id"] for answer in answers} == {"b1"}


def test_identity_headers_off_leaves_the_response_as_the_app_made_it(gunicorn: Gunicorn) -> None:
    _, url = gunicorn(IDENTITY_HEADERS="off", BUILD_ID="b1")

    names = {name.lower() for name in headers_of(f"{url}/hello")}

    assert names == {"server", "date", "connection", "content-type", "content-length"}
