"""What an instance says in its answer makes a sample cold, warm, or left out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import sample as samples
from runs.sample import Answer, Moment, Source, Times

SOURCE = Source("a", "aws", emulated=True)


def answer(
    number: int | None = None, age: float | None = None, *, status: int = 200, waited: float = 100
) -> Answer:
    headers = {"x-instance-id": "i", "x-build-id": "b", "server-timing": "db;dur=1, app;dur=2.5"}
    if number is not None:
        headers["x-instance-request"] = str(number)
    if age is not None:
        headers["x-instance-age-ms"] = str(age)
    return Answer("fresh", status, Times(0, 1, None, waited, waited + 1), headers=headers)


@pytest.mark.parametrize(
    ("given_", "kind", "why"),
    [
        (answer(1, 99), "cold", None),
        (answer(1, 101), "discarded", "not a cold start: the instance was initialised ahead of time"),
        (answer(2, 50), "discarded", "not a cold start: the instance had answered before"),
        (answer(), "discarded", "no identity headers, so a cold start cannot be proven"),
        (answer(1), "discarded", "no identity headers, so a cold start cannot be proven"),
        (answer(1, 99, status=500), "cold", None),
    ],
)
def test_a_cold_start_is_what_the_instance_proves(given_: Answer, kind: str, why: str | None) -> None:
    """Its first request, and younger than the caller waited for the first byte; a failed attempt is a failure."""
    found = samples.attempted_cold(SOURCE, Moment(3, 30, 1.5), given_, 200, "idle")

    assert (found.kind, found.why, found.ok) == (kind, why, given_.status == 200)


@pytest.mark.parametrize(("header", "restored"), [("restored", True), ("initialised", False), (None, False)])
def test_a_restored_cold_start_is_told_apart(header: str | None, restored: bool) -> None:
    """It is proven as any other, by an age that counts from the restore."""
    came = answer(1, 20)
    headers = {**came.headers, **({"x-instance-start": header} if header else {})}

    found = samples.attempted_cold(SOURCE, Moment(0, 0, 0), replace(came, headers=headers), 200, "idle")

    assert (found.kind, found.restored) == ("cold", restored)
    assert samples.Sample.from_record(found.record()) == found


def test_a_sample_of_an_earlier_version_was_not_restored() -> None:
    record = samples.attempted_cold(SOURCE, Moment(0, 0, 0), answer(1, 20), 200, "idle").record()
    del record["restored"]

    assert not samples.Sample.from_record(record).restored
    with pytest.raises(ValueError):  # noqa: PT011 - it says nothing more
        samples.Sample.from_record({**record, "restored": "yes"})


@given(
    st.builds(
        answer,
        st.none() | st.integers(1, 9),
        st.none() | st.floats(0, 1e6),
        status=st.sampled_from([200, 500]),
    )
)
def test_cold_and_warm_never_hold_the_same_answer(given_: Answer) -> None:
    """What counts as a cold start is never counted as warm, and the other way round."""
    cold = samples.attempted_cold(SOURCE, Moment(0, 0, 0), given_, 200, "idle")
    warm = samples.attempted_warm(SOURCE, Moment(0, 0, 0), given_, 200, "fresh")
    load = samples.attempted_load(SOURCE, Moment(0, 0, 0, 2.0), given_, 200)

    assert not (cold.ok and cold.kind == "cold" and (warm.kind == "warm" or load.kind == "load"))
    assert cold.ok == warm.ok == load.ok == (given_.status == 200)


@pytest.mark.parametrize(
    ("header", "took"),
    [
        ("app;dur=1.5", 1.5),
        ('cdn;dur=9, app;desc="x";dur="2"', 2.0),
        ("app", None),
        ("", None),
        ("app;dur=no", None),
        ('db;dur=3, app;desc="a;dur=7, app;dur=8";dur=9', 9.0),
        ('x;desc="\\", app;dur=1", app;dur=2', 2.0),
        ('x;desc="never closed, app;dur=1', 1.0),
        ("app;dur=1_0", None),
        ("app;dur=-1", None),
        ("app;dur=\u0661", None),
        ("app;dur=1e400", None),
        ("app;dur=1e300", None),
        ("app;dur=1e-300", None),
        ("app;dur=.5", 0.5),
    ],
)
def test_the_apps_own_time_is_read_from_server_timing(header: str, took: float | None) -> None:
    """Among other metrics, quoted or not; nonsense is as good as none."""
    assert samples.app_duration(header) == took


@pytest.mark.parametrize("place", ["/catalog/", "https://a.example/to b where 200 was expected", ""])
def test_an_unexpected_answer_says_where_it_leads(place: str) -> None:
    moved = replace(answer(status=301), headers={"location": place} if place else {})

    sample = samples.preparation(SOURCE, Moment(0, 0, 0), moved, 200, "a first contact")

    assert samples.leads_to(sample) == place
