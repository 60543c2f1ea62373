"""The pure parts: requests and their secrets, targets files, samples, saved files, findings, units."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import UserError
from compare.targets.request import Request, filled
from compare.targets.target import Target, from_file, typed
from compare.units import seconds, share, spoken
from runs import sample as samples
from runs.file import RunFile, read
from runs.plan import Plan
from runs.sample import Answer, Moment, Sample, Source, Times

TEXT = st.text(st.characters(exclude_characters="\r\n$", exclude_categories=["Cs"]), max_size=30)
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs"]), min_size=4)
SOURCE = Source("a", "aws", emulated=True)
HEAD: dict[str, object] = {
    "record": "run",
    "format": 1,
    "started": "2026-11-23T16:18:53+01:00",
    "command": "python -m compare run",
    "plan": Plan().record(),
    "targets": [],
    "endpoints": [
        {"name": "a", "platform": "aws", "emulated": True, "url": "http://h/", "request": "GET http://h/"}
    ],
    "machine": {},
}


@given(before=TEXT, after=TEXT, secret=SECRET)
def test_a_secret_reaches_the_request_and_no_line_of_a_file(before: str, after: str, secret: str) -> None:
    """Whatever it is made of, in whatever it stands."""
    request = Request(
        headers=(("X-A", f"{before}${{SECRET}}"),), url="http://h/", body=f"{before}${{SECRET}}{after}"
    )

    made = filled(request, {"SECRET": secret})

    assert made.headers[0] == ("X-A", f"{before}{secret}")
    assert made.body == f"{before}{secret}{after}".encode()
    assert secret not in made.redact(f"said {secret}!").replace("${SECRET}", "")


@given(
    secret=st.one_of(SECRET, st.sampled_from(["1234", "null", "warm", "fresh", "sample", "error", "bytes"]))
)
def test_striking_out_a_secret_loses_no_sample(tmp_path_factory: pytest.TempPathFactory, secret: str) -> None:
    """A number or a word of the file itself may be one: only what a target says is struck out of."""
    folder = tmp_path_factory.mktemp("run")
    made = filled(Request(headers=(("X-A", "${SECRET}"),)), {"SECRET": secret})
    said = Answer(
        "fresh", 200, Times(12.1234, 12.1234, None, 1234.5, 1234.56), headers={"x-instance-id": secret}
    )
    one = samples.attempted_warm(SOURCE, Moment(1234, 2, 12.1234), said, 200, "fresh")

    with RunFile(folder / "samples.jsonl", made.redact) as file:
        file.write(HEAD)
        file.write(one.record())
    found = read(folder)

    assert (found.samples, found.damaged) == ((replace(one, instance="${SECRET}"),), 0)


@pytest.mark.parametrize(
    ("secrets", "said", "kept"),
    [
        ({"A": "abcd", "B": "abcd-efgh"}, "no abcd-efgh here, no abcd", "no ${B} here, no ${A}"),
        ({"A": "ab/cd e"}, "HTTP 302 to /?k=ab%2Fcd%20e", "HTTP 302 to /?k=${A}"),
        ({"A": "ab/cd e"}, "HTTP 302 to /ab/cd%20e", "HTTP 302 to /${A}"),
        ({"A": 'ab"cd'}, '{"key": "ab\\"cd"}', '{"key": "${A}"}'),
    ],
)
def test_no_part_of_a_secret_is_left(secrets: dict[str, str], said: str, kept: str) -> None:
    """Where one begins as another does, and as a URL or JSON writes it."""
    made = filled(Request(body="".join(f"${{{name}}}" for name in secrets)), secrets)

    assert made.redact(said) == kept


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_body_without_places_is_sent_as_it_is(text: str) -> None:
    """`$${` is a plain `${`; every other dollar is itself."""
    escaped = text.replace("${", "$${") if "$$" not in text else text.replace("$", "")

    made = filled(Request(body=escaped), {})

    assert made.body == (text if "$$" not in text else text.replace("$", "")).encode()


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[[target]", "the targets file {file} is not TOML"),
        ("x = 1", "{file}: x is not known; allowed are request, target"),
        (
            "[request]\nmethod = 'GET'",
            "{file} has no [[target]] table; each has a name and one of url, stack, local",
        ),
        ("[[target]]\nname = 'a'", "{file}: target 1: needs exactly one of url, stack, local; it has none"),
        (
            "[[target]]\nurl = 'http://h'\nlocal = 'aws'",
            "{file}: target 1: needs exactly one of url, stack, local",
        ),
        (
            "[[target]]\nurl = 'http://h'\ncolour = 'red'",
            "{file}: target 1: colour is not known; allowed are app,",
        ),
        (
            "[[target]]\nlocal = 'azure'",
            "{file}: target 1: target 'local:azure' is not known; emulated are local:aws,",
        ),
        (
            "[[target]]\nurl = 'http://h'\nplatform = 'x'",
            "{file}: target 1: platform is 'x'; it is one of aws, gcp,",
        ),
        (
            "[[target]]\nurl = 'http://h'\nidle = 'long'",
            "{file}: target 1: idle is 'long'; it should be a number",
        ),
        (
            "[[target]]\nurl = 'http://h'\nmemory = 512",
            "{file}: target 1: memory is a setting of emulated targets",
        ),
        (
            "[[target]]\nurl = 'http://h'\njwt_issuer = 'https://login.example.com'",
            "{file}: target 1: jwt_issuer is a setting of emulated targets",
        ),
        (
            "[[target]]\nlocal = 'aws'\njwt_audience = ['my-api']",
            "{file}: target 1: jwt_audience is ['my-api']; it should be a string",
        ),
        (
            "[[target]]\nlocal = 'aws'\nmemory = '512'",
            "{file}: target 1: memory is '512'; it should be a whole number",
        ),
        (
            "[[target]]\nurl = 'http://h'\nheaders = {Authorization = 'x'}",
            "{file}: target 1: header Authorization looks",
        ),
        (
            "[[target]]\nurl = 'http://h'\nheaders = 'x'",
            "{file}: target 1: headers should be a table such as",
        ),
        (
            "[[target]]\nurl = 'http://h'\nexpect = '200'",
            "{file}: target 1: expect is '200'; it should be a whole number",
        ),
        (
            "[[target]]\nurl = 'http://h'\nexpect = 200.5",
            "{file}: target 1: expect is 200.5; it should be a whole number",
        ),
        (
            "[[target]]\nlocal = 'aws'\nmemory = 0.5",
            "{file}: target 1: memory is 0.5; it should be a whole number",
        ),
        ("[[target]]\nurl = 'http://h'\nidle = 0", "{file}: target 1: idle is 0; it should be more than 0"),
        ("[[target]]\nurl = 'http://h'\nidle = inf", "{file}: target 1: idle is inf; it should be a number"),
        (
            "[[target]]\nurl = 'http://[::1'",
            "{file}: target 1: URL is 'http://[::1'; it is written http://HOST",
        ),
        (
            "request = 3\n[[target]]\nurl = 'http://h'",
            "{file}: [request] should be a table such as {{ method = 'POST' }}",
        ),
    ],
)
def test_a_wrong_targets_file_names_what_and_where(tmp_path: Path, toml: str, told: str) -> None:
    """The file, the table, the key, and what is allowed."""
    file = tmp_path / "targets.toml"
    file.write_text(toml)

    with pytest.raises(UserError) as raised:
        from_file(file, Request(), "/hello")

    assert str(raised.value).startswith(told.format(file=file))


def test_a_targets_file_says_more_than_a_command_line(tmp_path: Path) -> None:
    """Shared and own settings of the request, where each target is, and settings of emulations."""
    file = tmp_path / "targets.toml"
    file.write_text(
        "[request]\nmethod = 'POST'\nbody = 'b'\npath = '/echo'\n"
        "[[target]]\nname = 'mine'\nurl = 'https://h.example'\nplatform = 'gcp'\nidle = 1000\nexpect = 201\n"
        "[[target]]\nlocal = 'aws'\nmemory = 1024\napp = 'other:app'\nmethod = 'GET'\n"
        "[[target]]\nname = 'live'\nstack = 'acme/shop/aws'\nheaders = {X-A = '1'}\n"
    )

    found = from_file(file, Request(), "/hello")

    assert found == [
        Target(
            "mine", "url", "https://h.example", Request("POST", "https://h.example/echo", (), "b", 201), "/echo",
            "gcp", 1000,
        ),
        Target(
            "local:aws", "local", "aws", Request("GET", body="b"), "/echo", "aws",
            emulator=(("app", "other:app"), ("memory", 1024)),
        ),
        Target(
            "live", "stack", "acme/shop/aws", Request("POST", "", (("X-A", "1"),), "b"), "/echo",
        ),
    ]  # fmt: skip
    assert [Target.from_record(json.loads(json.dumps(target.record()))) for target in found] == found


def test_urls_keep_their_path_and_get_one_where_they_have_none() -> None:
    """A bare host is asked for the path of the options, anything else as it was written."""
    written = ["a=http://h", "b=http://h/", "c=http://h:80/x/y?z=1", "d=http://h?q"]

    urls = [target.request.url for target in typed(written, Request(), "/hello")]

    assert urls == ["http://h/hello", "http://h/", "http://h:80/x/y?z=1", "http://h?q"]


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
    ],
)
def test_the_apps_own_time_is_read_from_server_timing(header: str, took: float | None) -> None:
    """Among other metrics, quoted or not; nonsense is as good as none."""
    assert samples.app_duration(header) == took


@given(st.lists(st.sampled_from(["whole", "half", "noise", "blank"]), max_size=12))
def test_a_saved_file_is_read_whatever_happened_to_some_lines(
    tmp_path_factory: pytest.TempPathFactory, what: list[str]
) -> None:
    """Every whole sample comes back as it was; damaged lines are counted."""
    folder = tmp_path_factory.mktemp("run")
    one = samples.attempted_warm(SOURCE, Moment(1, 2, 3.25), answer(2, 5.0), 200, "fresh")
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
        {"ms": {"name": 0, "connect": 0, "tls": "x", "first_byte": 1, "total": 1, "app": None}},
        {"ms": 5},
    ],
)
def test_a_sample_that_cannot_be_is_a_damaged_line(tmp_path: Path, changed: dict[str, object]) -> None:
    """Whoever changed it: no figure is made of it, and none of the others is lost."""
    one = samples.attempted_warm(SOURCE, Moment(1, 2, 3.25), answer(2, 5.0), 200, "fresh")
    lines = [HEAD, one.record(), {**one.record(), **changed}]
    (tmp_path / "samples.jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    found = read(tmp_path)

    assert (found.samples, found.damaged) == ((one,), 1)


@pytest.mark.parametrize(
    "changed", [{"endpoints": None}, {"endpoints": [{"name": "a"}]}, {"plan": {}}, {"started": "today"}]
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


def test_durations_and_shares_are_read_as_people_write_them() -> None:
    """And said back in words."""
    assert [seconds(text, "--x") for text in ("500ms", "90", "1.5s", "10m", "2h")] == [
        0.5,
        90,
        1.5,
        600,
        7200,
    ]
    assert [share(text, "--x") for text in ("5%", "0.05", "110 %", "0")] == [0.05, 0.05, 1.1, 0]
    assert [spoken(value) for value in (4, 89, 120, 9600, 7200)] == [
        "4 s",
        "89 s",
        "2 min",
        "2 h 40 min",
        "2 h",
    ]
