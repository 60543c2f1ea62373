"""The first line of a run is read as it was written, and that of an earlier version too."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

import platforms
from runs.head import Head, RunEndpoint
from runs.plan import Plan

TEXT = st.text(max_size=5)
ENDPOINTS = st.builds(
    RunEndpoint,
    name=TEXT,
    platform=st.sampled_from([None, *platforms.NAMES]),
    emulated=st.booleans(),
    url=TEXT,
    request=TEXT,
    builds=st.none() | st.lists(TEXT, max_size=2).map(tuple),
)
HEADS = st.builds(
    Head,
    started=st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0)),
    command=TEXT,
    plan=st.builds(Plan, rounds=st.integers(1, 9), precision=st.none() | st.just(0.05)),
    targets=st.lists(st.dictionaries(TEXT, TEXT, max_size=2), max_size=2).map(tuple),
    endpoints=st.lists(ENDPOINTS, min_size=1, max_size=3, unique_by=lambda one: one.name).map(tuple),
    machine=st.dictionaries(TEXT, TEXT, max_size=2),
    monthly=st.integers(0),
    against_itself=st.booleans(),
)


@given(HEADS)
def test_a_head_is_read_as_it_was_written(head: Head) -> None:
    assert Head.from_record(json.loads(json.dumps(head.record()))) == head


def test_a_head_of_an_earlier_version_asks_for_no_costs() -> None:
    """It has fewer parts; those missing are what that version did."""
    endpoint = {
        "name": "a",
        "platform": None,
        "emulated": False,
        "url": "http://h/",
        "request": "GET http://h/",
    }

    head = Head.from_record(
        {
            "started": "2026-11-23T16:18:53+00:00",
            "command": "python -m compare run",
            "plan": Plan().record(),
            "endpoints": [endpoint],
            "machine": {},
        }
    )

    assert head == Head(
        started=datetime(2026, 11, 23, 16, 18, 53, tzinfo=UTC),
        command="python -m compare run",
        plan=Plan(),
        targets=(),
        endpoints=(RunEndpoint("a", None, emulated=False, url="http://h/", request="GET http://h/"),),
        machine={},
        monthly=0,
        against_itself=False,
    )
