"""`compare run` from its command line to the saved run, on real servers."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compare.conftest import Done, Server

Serve = Callable[..., Server]
Compare = Callable[..., Done]
QUICK = ("--cold", "none", "--rounds", "12", "--quiet")


def test_two_equal_targets_are_measured_in_turn_and_reported(serve: Serve, compare: Compare) -> None:
    """Each round asks every target once per connection, the order changes, and the saved run holds every sample."""
    first, second = serve(), serve()

    done = compare("run", f"a={first.url}", f"b={second.url}", *QUICK, "--seed", "7")

    assert (done.status, done.error) == (0, "")
    warm = [sample for sample in done.samples if sample["kind"] == "warm"]
    per_round = Counter((sample["round"], sample["target"], sample["connection"]) for sample in warm)
    assert set(per_round.values()) == {1}
    assert len(per_round) == 12 * 2 * 2
    orders = {tuple(s["target"] + s["connection"] for s in warm if s["round"] == n) for n in range(12)}
    assert len(orders) > 1
    assert [s["at_s"] for s in done.samples] == sorted(s["at_s"] for s in done.samples)
    assert first.served() == sum(sample["target"] == "a" for sample in done.samples)
    assert (done.results.parent / "report.html").read_text() == (done.directory / "report.html").read_text()


def test_a_path_that_the_app_does_not_have_ends_the_run_at_its_first_answer(
    serve: Serve, compare: Compare
) -> None:
    """An app of somebody else may have no such page; nobody should wait a minute to learn that."""
    server = serve("--status", "404")

    done = compare("run", f"mine={server.url}/hello", "--quiet")

    assert (done.status, list(done.results.iterdir())) == (2, [])
    assert done.error == (
        f"compare: mine answered 404 to GET {server.url}/hello: it has no such path; "
        "write one that it has in app.toml, under [request] path, or give --path\n"
    )
    assert server.served() == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            "302",
            "it leads on to nowhere that it names; write another path, or expect = 302, in app.toml",
        ),
        (
            "405",
            "it takes another method there; write that in app.toml, under [request] method, or give --method",
        ),
        (
            "422",
            "it wants another request; write that in app.toml, under [request], or give --path, --body or",
        ),
    ],
)
def test_a_request_that_is_refused_ends_the_run_at_its_first_answer(
    serve: Serve, compare: Compare, status: str, said: str
) -> None:
    server = serve("--status", status)

    done = compare("run", f"mine={server.url}/hello", "--quiet")

    assert (done.status, list(done.results.iterdir())) == (2, [])
    assert done.error.startswith(f"compare: mine answered {status} to GET {server.url}/hello: {said}")
    assert server.served() == 1


def test_a_404_that_is_expected_is_measured(serve: Serve, compare: Compare) -> None:
    server = serve("--status", "404")

    done = compare("run", f"mine={server.url}", "--expect", "404", *QUICK)

    assert done.status == 0
    assert {sample["status"] for sample in done.samples} == {404}


def test_the_same_seed_gives_the_same_order(serve: Serve, compare: Compare, tmp_path: Path) -> None:
    """The recorded seed repeats a run's order of requests."""
    server = serve()
    words = ("run", f"a={server.url}", f"b={server.url}", *QUICK, "--seed", "11")

    orders: list[list[tuple[str, str]]] = []
    for _ in range(2):
        done = compare(*words)
        orders.append([(s["target"], s["connection"]) for s in done.samples])
        done.results.rename(tmp_path / f"kept-{len(orders)}")

    assert orders[0] == orders[1]


def test_cold_starts_are_proven_by_the_instance(serve: Serve, compare: Compare) -> None:
    """Left alone for longer than an instance lives, a target answers from a new one; those answers alone are cold.

    A start takes 100 ms here, so no cold answer takes less; how long a warm one takes depends on the machine.
    """
    server = serve("--idle", "0.3", "--start", "0.1")

    done = compare(
        "run", f"a={server.url}", "--cold-starts", "6", "--idle", "0.5", "--rounds", "12", "--quiet"
    )

    assert done.status == 0
    cold = [sample for sample in done.samples if sample["kind"] == "cold"]
    assert [(s["request_number"], s["how"], s["connection"]) for s in cold] == [(1, "idle", "fresh")] * 6
    assert all(s["ms"]["total"] > 100 and s["instance_age_ms"] < s["ms"]["total"] for s in cold)
    assert all(s["request_number"] > 1 for s in done.samples if s["kind"] == "warm")
    series = done.report["targets"][0]["series"]
    assert [(one["kind"], one["n"]) for one in series] == [("cold", 6), ("warm", 12), ("warm", 12)]
    assert series[0]["p50"]["low"] is not None


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ((), "not a cold start: the instance had answered before"),
        (
            ("--idle", "0.1", "--older", "5000"),
            "not a cold start: the instance was initialised ahead of time",
        ),
    ],
)
def test_an_unproven_cold_start_is_counted_and_left_out(
    serve: Serve, compare: Compare, flags: tuple[str, ...], why: str
) -> None:
    """A warm instance, or one initialised ahead of time, is no cold start, however long the target was left alone."""
    server = serve(*flags)

    done = compare(
        "run", f"a={server.url}", "--cold-starts", "2", "--idle", "0.2", "--rounds", "4", "--quiet"
    )

    target = done.report["targets"][0]
    assert done.status == 0
    assert target["discarded"][why] == 4
    assert [one["kind"] for one in target["series"]] == ["warm", "warm"]
    assert f"a: 4 of 4 attempts at a cold start were left out: {why} (4)" in done.out


def test_a_missed_cold_start_costs_no_instance(serve: Serve, compare: Compare) -> None:
    """Left alone for too short a time at first, a target still meets its warm requests on as many instances."""
    server = serve("--idle", "0.5")

    done = compare(
        "run", f"a={server.url}", "--cold-starts", "3", "--idle", "0.35", "--rounds", "3", "--quiet"
    )

    warm = [sample for sample in done.samples if sample["kind"] == "warm"]
    assert done.status == 0
    assert len({sample["instance"] for sample in warm}) >= 3


@pytest.mark.parametrize("platform", ["apprunner", "ecs"])
def test_a_target_that_keeps_an_instance_has_no_cold_figure(
    serve: Serve, compare: Compare, tmp_path: Path, platform: str
) -> None:
    """It is never left alone for a cold start; its cold column says why, and is not 0."""
    server = serve()
    file = tmp_path / "targets.toml"
    file.write_text(f'[[target]]\nname = "kept"\nurl = "{server.url}"\nplatform = "{platform}"\n')

    done = compare("run", "--targets", str(file), "--rounds", "8", "--quiet")

    assert done.status == 0
    assert done.report["targets"][0]["cold_note"] == "keeps an instance"
    assert re.search(r"kept +keeps an instance +[\d.]+ ms", done.out)


def test_a_target_without_identity_headers_cannot_be_cold(serve: Serve, compare: Compare) -> None:
    """Nothing waits for a cold start that could not be proven."""
    server = serve("--anonymous")

    done = compare("run", f"a={server.url}", "--rounds", "8", "--quiet")

    assert done.status == 0
    assert done.report["targets"][0]["cold_note"] == "cannot be proven: no identity headers"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (
            ("--status", "500"),
            "bad is down or answers wrongly: {n} of {n} requests: HTTP 500 where 200 was expected",
        ),
        (("--nonsense",), "bad is down or answers wrongly: {n} of {n} requests: what came back is not HTTP"),
        (
            ("--hang-from", "1"),
            "bad is down or answers wrongly: {n} of {n} requests: no complete answer within the timeout",
        ),
        (("--reset-from", "1"), "bad is down or answers wrongly: {n} of {n} requests: the connection"),
        (("--body", "other"), "the body of bad differs from that of the others"),
        (("--varying",), "the answers of bad differ from request to request, those of others do not"),
        (("--status", "500", "--status-from", "30"), "bad failed in part"),
    ],
)
def test_a_faulty_target_is_named_and_the_others_go_on(
    serve: Serve, compare: Compare, flags: tuple[str, ...], told: str
) -> None:
    """What is wrong is said in one line, exit status 1; failures are no fast answers; the others have their figures."""
    good, fine, bad = serve(), serve(), serve(*flags)

    words = [f"good={good.url}", f"fine={fine.url}", f"bad={bad.url}"]
    done = compare("run", *words, *QUICK, "--timeout", "0.3s")

    samples = [sample for sample in done.samples if sample["target"] == "bad"]
    assert done.status == 1
    assert f"Problem: {told.format(n=len(samples))}" in done.out
    assert all(not s["ok"] for s in samples if s["status"] != 200)
    targets = {target["name"]: target for target in done.report["targets"]}
    assert [one["n"] for one in targets["good"]["series"]] == [12, 12]
    assert targets["bad"]["failed"] == sum(not sample["ok"] for sample in samples)
    assert sum(one["n"] for one in targets["bad"]["series"]) <= sum(sample["ok"] for sample in samples)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1/", "the connection is refused"),
        ("http://no-such-host.invalid/", "the host's name does not resolve"),
    ],
)
def test_a_target_that_is_not_there_is_named(serve: Serve, compare: Compare, url: str, told: str) -> None:
    """A refused connection and a name that does not resolve are failures with words, not exceptions."""
    good = serve()

    done = compare("run", f"good={good.url}", f"gone={url}", *QUICK)

    assert done.status == 1
    assert "gone is down or answers wrongly" in done.out
    assert told in done.out


def test_different_builds_are_told_without_being_a_problem(serve: Serve, compare: Compare) -> None:
    """Two builds side by side are worth a line, and may be on purpose."""
    first, second = serve("--build", "one"), serve("--build", "two")

    done = compare("run", f"a={first.url}", f"b={second.url}", *QUICK)

    assert done.status == 0
    assert "Note: the targets run different builds: a one, b two" in done.out


def test_closed_connections_are_not_counted_as_kept(serve: Serve, compare: Compare) -> None:
    """A server that closes each connection has no sample on a kept one, and the report says why."""
    server = serve("--close")

    done = compare("run", f"a={server.url}", *QUICK)

    target = done.report["targets"][0]
    assert [(one["connection"], one["n"]) for one in target["series"]] == [("fresh", 12)]
    assert target["discarded"]["the kept connection had been closed"] == 12
    assert "Note: a: 12 of 24 requests were left out: the kept connection had been closed (12)" in done.out


def test_secrets_of_the_environment_are_sent_and_never_saved(
    serve: Serve, compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`${NAME}` reaches the server with its value; the results, the page and the output have only the name."""
    server = serve()
    secret = 'p"ss\\word-5f2c'
    file = tmp_path / "targets.toml"
    file.write_text(
        f'[[target]]\nname = "mine"\nurl = "{server.url}/x?token=${{TOKEN}}"\nmethod = "POST"\n'
        'headers = { Authorization = "Bearer ${TOKEN}" }\nbody = \'{"key": "${TOKEN}", "price": "$${x}"}\'\n'
    )

    monkeypatch.setenv("TOKEN", secret)
    done = compare("run", "--targets", str(file), *QUICK)

    asked = server.seen()[0]
    assert done.status == 0
    assert asked["headers"]["Authorization"] == f"Bearer {secret}"
    assert asked["body"] == f'{{"key": "{secret}", "price": "${{x}}"}}'
    saved = [path.read_text() for path in done.directory.iterdir()]
    assert [
        text for text in [*saved, done.out, done.error] if secret in text or json.dumps(secret)[1:-1] in text
    ] == []
