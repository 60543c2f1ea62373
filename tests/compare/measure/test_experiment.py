"""How a run is designed: bursts, load, until what it goes on, and what it says while it runs."""

import errno
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from compare import stats
from compare.measure import together, trust
from compare.targets.endpoints import Endpoint
from compare.targets.request import Request, filled
from runs.sample import Source
from tests.compare.conftest import Done, Server

Serve = Callable[..., Server]
Compare = Callable[..., Done]
QUICK = ("--cold", "none", "--rounds", "12", "--quiet")


def test_a_burst_gets_cold_starts_of_its_own_kind(serve: Serve, compare: Compare) -> None:
    """More requests at once than instances start new ones; they are labelled apart from those after idling."""
    server = serve("--crowd", "--start", "0.2", "--delay", "20")

    done = compare(
        "run", f"a={server.url}", "--cold", "burst", "--burst", "6", "--cold-starts", "10", "--rounds", "0"
    )

    cold = [sample for sample in done.samples if sample["kind"] == "cold"]
    left_out = [
        sample for sample in done.samples if sample["how"] == "burst" and sample["kind"] == "discarded"
    ]
    assert done.status == 0
    assert len(cold) >= 10
    assert {(s["how"], s["connection"], s["request_number"]) for s in cold} == {("burst", "fresh", 1)}
    assert len({s["instance"] for s in cold}) == len(cold)
    assert {s["why"] for s in left_out} <= {"not a cold start: the instance had answered before"}
    assert [(one["how"], one["n"]) for one in done.report["targets"][0]["series"]] == [("burst", len(cold))]


def test_a_disk_that_is_full_in_a_burst_ends_it_in_order(serve: Serve) -> None:
    """Requests that are under way end before their connections are closed."""
    server = serve("--crowd", "--delay", "100")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    endpoint = Endpoint(
        Source("a", None, emulated=False), filled(Request(url=server.url), {}), 1.0, server.url
    )
    sent = together.burst(together.Connections(endpoint, "fresh", 5.0, lambda: False), 5)

    next(sent)
    with pytest.raises(OSError, match="No space left"):
        sent.throw(full)

    assert len(server.seen()) == 5


def test_bursts_that_bring_nothing_are_given_up(serve: Serve, compare: Compare) -> None:
    """One instance that takes everything: three bursts, then the report says that none was proven."""
    server = serve()

    done = compare("run", f"a={server.url}", "--cold", "burst", "--burst", "3", "--rounds", "10", "--quiet")

    assert sum(sample["how"] == "burst" for sample in done.samples) == 3 + 6 + 9
    assert done.report["targets"][0]["cold_note"] == "none proven in 18 attempts"


@pytest.mark.quiet
def test_an_open_loop_counts_from_when_a_request_was_due(serve: Serve, compare: Compare) -> None:
    """A server slower than its rate on one connection: each request waits longer than the one before, and says so."""
    server = serve("--delay", "30")

    words = (
        "--cold",
        "none",
        "--rounds",
        "0",
        "--rate",
        "50",
        "--load-duration",
        "1",
        "--load-connections",
        "1",
    )
    done = compare("run", f"a={server.url}", *words, "--quiet")

    load = [sample for sample in done.samples if sample["kind"] == "load"]
    waits = [sample["late_ms"] + sample["ms"]["total"] for sample in load]
    assert done.status == 0
    assert len(load) == 50
    assert all(sample["ms"]["total"] < 100 for sample in load[:3])
    assert waits[-1] > 400
    assert waits[-1] > waits[len(waits) // 2] > waits[0]
    (series,) = done.report["targets"][0]["series"]
    assert (series["kind"], series["n"]) == ("load", 50)
    assert series["p50"]["value"] > 150


def test_cold_starts_under_load_are_left_out_and_told(serve: Serve, compare: Compare) -> None:
    """More requests at once than instances start others; what their callers waited is in no figure of the load."""
    server = serve("--crowd", "--start", "0.1", "--delay", "30")

    words = (
        "--cold",
        "none",
        "--rounds",
        "0",
        "--rate",
        "80",
        "--load-duration",
        "1",
        "--load-connections",
        "8",
    )
    done = compare("run", f"a={server.url}", *words, "--quiet")

    left_out = [sample for sample in done.samples if sample["why"] == "cold start under load"]
    (series,) = done.report["targets"][0]["series"]
    assert left_out
    assert series["n"] == 80 - len(left_out)
    assert (
        f"{len(left_out)} of 80 requests were left out: cold start under load ({len(left_out)})" in done.out
    )


def kept_for_a_second(folder: Path, urls: Sequence[str]) -> Path:
    """A file of targets t0, t1, ... that say so of their instances."""
    file = folder / "targets.toml"
    file.write_text(
        "".join(f"[[target]]\nname = 't{n}'\nurl = '{url}'\nidle = 1.0\n" for n, url in enumerate(urls))
    )
    return file


def test_a_slow_start_of_one_target_does_not_let_the_others_go(
    serve: Serve, compare: Compare, tmp_path: Path
) -> None:
    """Where a start takes longer than instances are kept, targets asked in turn would start again for ever."""
    slow = [serve("--idle", "0.8", "--start", "0.9") for _ in range(2)]
    file = kept_for_a_second(tmp_path, [server.url for server in slow])

    done = compare("run", "--targets", str(file), "--cold-starts", "1", "--rounds", "12", "--quiet")

    warm = Counter(one["target"] for one in done.samples if one["kind"] == "warm")
    started = [
        one for one in done.samples if one["why"] == "waking the instance" and one["request_number"] == 1
    ]
    assert done.status == 0
    assert 1 <= len(started) < 6
    assert warm == {"t0": 24, "t1": 24}
    assert {one["why"] for one in done.samples if one["kind"] == "discarded"} == {
        "first contact",
        "opening the connection",
        "waking the instance",
    }


def test_the_load_of_one_target_does_not_let_the_others_go(
    serve: Serve, compare: Compare, tmp_path: Path
) -> None:
    """The first requests of a slice would be cold starts, and its others would wait behind them."""
    servers = [serve("--idle", "0.8", "--start", "0.1") for _ in range(2)]
    file = kept_for_a_second(tmp_path, [server.url for server in servers])

    load = ("--rate", "20", "--load-duration", "3", "--load-connections", "2")
    done = compare("run", "--targets", str(file), "--cold", "none", "--rounds", "0", *load, "--quiet")

    assert done.status == 0
    assert Counter(one["target"] for one in done.samples if one["kind"] == "load") == {"t0": 60, "t1": 60}


def test_requests_that_could_never_be_sent_are_failures(serve: Serve, compare: Compare) -> None:
    """What is still due when the timeout has passed is counted as failed, not left out."""
    server = serve("--hang-from", "3")

    words = (
        "--cold",
        "none",
        "--rounds",
        "0",
        "--rate",
        "40",
        "--load-duration",
        "1",
        "--load-connections",
        "1",
    )
    done = compare("run", f"a={server.url}", *words, "--timeout", "300ms", "--quiet")

    load = [sample for sample in done.samples if sample["kind"] == "load"]
    errors = {sample["error"] for sample in load}
    assert done.status == 1
    assert len(load) == 40
    assert errors == {
        "no complete answer within the timeout",
        "never sent: every connection was waiting for an answer",
    }


def test_a_target_that_hangs_under_load_is_left_aside(serve: Serve, compare: Compare) -> None:
    """Its requests of one slice fail; after that it is asked once in slices 1, 2 and 4, and the other goes on."""
    hanging, other = serve("--hang-from", "6"), serve()

    load = ("--rate", "10", "--load-duration", "6", "--load-connections", "2")
    words = (f"hanging={hanging.url}", f"other={other.url}", "--cold", "none", "--rounds", "0", *load)
    done = compare("run", *words, "--timeout", "400ms", "--quiet")

    asked = Counter(
        (one["target"], one["kind"], one["round"]) for one in done.samples if one["kind"] == "load"
    )
    again = [
        one for one in done.samples if one["target"] == "hanging" and one["why"] == "opening the connection"
    ]
    assert done.status == 1
    assert asked == {("hanging", "load", 0): 10, **{("other", "load", slice_): 10 for slice_ in range(6)}}
    assert [one["ok"] for one in again] == [True, True, False, False, False]


@pytest.mark.quiet
def test_precision_ends_a_run_that_is_precise_enough(serve: Serve, compare: Compare) -> None:
    """The run stops well before its cap, and the primary interval is as narrow as was asked for."""
    server = serve("--delay", "10")

    done = compare(
        "run", f"a={server.url}", "--cold", "none", "--precision", "10%", "--rounds", "3000", "--quiet"
    )

    p50 = next(one for one in done.report["targets"][0]["series"] if one["connection"] == "kept")["p50"]
    assert (p50["high"] - p50["low"]) / 2 <= 0.1 * p50["value"]
    assert len(done.samples) < 1000


def test_precision_is_not_believed_before_there_are_enough_instances(serve: Serve, compare: Compare) -> None:
    """With two instances no interval of a median is given, so the cap ends the run."""
    server = serve("--idle", "0.1")

    words = ("--cold-starts", "2", "--idle", "0.2", "--precision", "50%", "--rounds", "90", "--quiet")
    done = compare("run", f"a={server.url}", *words)

    p50 = next(one for one in done.report["targets"][0]["series"] if one["connection"] == "kept")["p50"]
    assert re.fullmatch(r"too few instances: \d of 10", p50["why"])
    assert max(sample["round"] for sample in done.samples) == 90 - 1


@pytest.mark.quiet
def test_duration_ends_a_run(serve: Serve, compare: Compare) -> None:
    """The last request is sent before the time is over."""
    server = serve()

    done = compare("run", f"a={server.url}", "--cold", "none", "--duration", "500ms", "--quiet")

    assert done.status == 0
    assert max(sample["at_s"] for sample in done.samples) < 0.6
    assert len(done.samples) > 20


def test_a_target_against_itself_states_the_noise_floor(serve: Serve, compare: Compare) -> None:
    """Two names for one target, clock and probe checked first, and what cannot be told from no difference."""
    server = serve("--delay", "3")

    done = compare("run", "--aa", f"same={server.url}", "--rounds", "60", "--quiet")

    names = [target["name"] for target in done.report["targets"]]
    assert done.status == 0
    assert names == ["same@a", "same@b"]
    assert re.search(
        r"noise floor: a run like this cannot tell a difference below \d+% from none|one target measured twice"
        # A machine whose speed changes meanwhile may leave no answer.
        r"|noise floor: not known \(no verdict: ",
        done.out,
    )
    for connection in ("kept", "fresh"):
        told = (
            rf"on a server here that takes 20 ms, the probe sees [\d.]+ ms more on a {connection} connection"
        )
        assert re.search(told, done.out)
    assert "the clock never goes back; its steps are" in done.out
    assert stats.smallest_sample(0.95) <= trust.REQUESTS


def test_quiet_says_the_result_alone(serve: Serve, compare: Compare) -> None:
    """Without it there are lines on the way; neither has colours where there is no terminal."""
    server = serve()
    words = ("run", f"a={server.url}", "--cold", "none", "--rounds", "12")

    loud, quiet = compare(*words), compare(*words, "--quiet")

    assert "1 target, 12 warm rounds" in loud.out
    assert "1 target, 12 warm rounds" not in quiet.out
    assert "warm p50" in quiet.out
    assert "\x1b[" not in loud.out + quiet.out
