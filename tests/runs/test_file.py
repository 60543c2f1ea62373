"""A saved file is read as it was written, whatever happened to some of its lines; one that cannot be is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import UserError
from runs import sample as samples
from runs.file import RunFile, read
from runs.plan import Plan
from runs.sample import Answer, Moment, Sample, Source, Times

SOURCE = Source("a", "aws", emulated=True)
ENDPOINT = {
    "name": "a",
    "platform": "aws",
    "emulated": True,
    "url": "http://h/",
    "request": "GET http://h/",
}
HEAD: dict[str, object] = {
    "record": "run",
    "format": 1,
    "started": "2026-11-23T16:18:53+01:00",
    "command": "python -m compare run",
    "plan": Plan().record(),
    "targets": [],
    "endpoints": [ENDPOINT],
    "machine": {},
}
# What an instance answers to its second request.
ANSWER = Answer(
    "fresh",
    200,
    Times(0, 1, None, 100, 101),
    headers={
        "x-instance-id": "i",
        "x-build-id": "b",
        "x-instance-request": "2",
        "x-instance-age-ms": "5.0",
        "server-timing": "db;dur=1, app;dur=2.5",
    },
)


@given(st.lists(st.sampled_from(["whole", "half", "noise", "blank"]), max_size=12))
def test_a_saved_file_is_read_whatever_happened_to_some_lines(
    tmp_path_factory: pytest.TempPathFactory, what: list[str]
) -> None:
    """Every whole sample comes back as it was; damaged lines are counted."""
    folder = tmp_path_factory.mktemp("run")
    one = samples.attempted_warm(SOURCE, Moment(1, 2, 3.25), ANSWER, 200, "fresh")
    line = json.dumps(one.record())
    lines = {"whole": line, "half": line[:40], "noise": '{"record": "what"}', "blank": ""}
    text = "\n".join([json.dumps(HEAD), *(lines[kind] for kind in what)])
    (folder / "samples.jsonl").write_text(text)

    with RunFile(folder / "samples.jsonl") as file:
        file.write(one.record())
    found = read(folder)

    assert found.samples == (one,) * (what.count("whole") + 1)
    assert found.damaged == what.count("half") + what.count("noise")
    assert all(isinstance(sample, Sample) for sample in found.samples)


@pytest.mark.parametrize(
    "changed",
    [
        {"at_s": "x"},
        {"round": None},
        {"cycle": 1.5},
        {"late_ms": float("nan")},
        {"instance_age_ms": -1},
        {"kind": "weird"},
        {"ok": "yes"},
        {"target": 7},
        {"target": "nobody"},
        {"ms": {"name": 0, "connect": 0, "tls": None, "first_byte": 1, "total": None, "app": None}},
        {"ms": {"name": 0, "connect": 0, "tls": None, "first_byte": float("inf"), "total": 1, "app": None}},
        {"ms": {"name": 0, "connect": 0, "tls": None, "first_byte": 1, "total": 1e308, "app": None}},
        {"ms": {"name": 0, "connect": 0, "tls": None, "first_byte": 1, "total": 1e-300, "app": None}},
        {"ms": {"name": 0, "connect": 0, "tls": "x", "first_byte": 1, "total": 1, "app": None}},
        {"ms": 5},
    ],
)
def test_a_sample_that_cannot_be_is_a_damaged_line(tmp_path: Path, changed: dict[str, object]) -> None:
    """Whoever changed it: no figure is made of it, and none of the others is lost."""
    one = samples.attempted_warm(SOURCE, Moment(1, 2, 3.25), ANSWER, 200, "fresh")
    lines = [HEAD, one.record(), {**one.record(), **changed}]
    (tmp_path / "samples.jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    found = read(tmp_path)

    assert (found.samples, found.damaged) == ((one,), 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoints": None},
        {"endpoints": []},
        {"endpoints": [{"name": "a"}]},
        {"endpoints": [{**ENDPOINT, "platform": "azure"}]},
        {"endpoints": [ENDPOINT, ENDPOINT]},
        {"endpoints": [{**ENDPOINT, "builds": "b"}]},
        {"plan": {}},
        {"started": "today"},
        {"command": 7},
        {"machine": []},
        {"monthly": "many"},
        {"against_itself": 1},
        {"targets": ["a"]},
    ],
)
def test_a_file_whose_first_line_cannot_be_is_refused(tmp_path: Path, changed: dict[str, object]) -> None:
    """In one line: without it nothing can be made of the others."""
    (tmp_path / "samples.jsonl").write_text(json.dumps({**HEAD, **changed}))

    with pytest.raises(UserError, match=r"samples.jsonl does not begin with a run's record"):
        read(tmp_path)


@pytest.mark.parametrize(
    "line", [{"record": "end"}, {"record": "note"}, {"record": "end", "status": 1, "at_s": "x"}]
)
def test_an_end_or_a_note_that_cannot_be_is_a_damaged_line(tmp_path: Path, line: dict[str, object]) -> None:
    """As a sample is."""
    (tmp_path / "samples.jsonl").write_text(f"{json.dumps(HEAD)}\n{json.dumps(line)}\n")

    found = read(tmp_path)

    assert (found.end, found.notes, found.damaged) == (None, (), 1)


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Rather than read wrongly."""
    (tmp_path / "samples.jsonl").write_text('{"record": "run", "format": 99}\n')

    with pytest.raises(UserError, match=r"has format 99, this version reads up to 1; update and try again"):
        read(tmp_path)
