"""A request and its secrets: sent whole, and struck out of everything that is kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.targets.request import Request, filled
from runs import sample as samples
from runs.file import RunFile, read
from runs.sample import Answer, Moment, Times
from tests.runs.test_file import HEAD, SOURCE

TEXT = st.text(st.characters(exclude_characters="\r\n$", exclude_categories=["Cs"]), max_size=30)
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs"]), min_size=4)


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
