"""What of a trial's text must never reach a bundle."""

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.redact import SHORTEST, accounts_in, redacted, redacted_values, secrets_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("arn:aws:iam::123456789012:role/shop", "arn:aws:iam::[ACCOUNT]:role/shop"),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop",
            "[ACCOUNT].dkr.ecr.eu-west-1.amazonaws.com/shop",
        ),
        ("account 1234-5678-9012 is", "account [ACCOUNT] is"),
        ("https://shop-123456789012.us-central1.run.app/", "https://shop-[ACCOUNT].us-central1.run.app/"),
        ("https://shop-98765432101.us-central1.run.app/", "https://shop-[ACCOUNT].us-central1.run.app/"),
        ("projects/my-shop/secrets/key", "projects/[PROJECT]/secrets/key"),
        ("for ann.b+c@example.co.uk:", "for [EMAIL]:"),
        ("AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE", "[KEY] and [KEY]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [TOKEN]"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln_-x ended", "token [TOKEN] ended"),
        ("ya29.a0AfB_by-C token", "[TOKEN] token"),
        ("0A1B2C-3D4E5F-6A7B8C", "[BILLING ACCOUNT]"),
        ("https://ann:pass@example.com/x", "https://[LOGIN]@example.com/x"),
        (
            "View Live: https://app.pulumi.com/ann-corp/shop/aws",
            "View Live: https://app.pulumi.com/[OWNER]/shop/aws",
        ),
        ("/home/ann/shop/x.py", "/home/[USER]/shop/x.py"),
        ("secure: v1:abcdefghijk=:lmnopqrstuv==", "secure: [ENCRYPTED]"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", "[PRIVATE KEY]\n"),
    ],
)
def test_what_is_private_by_its_looks_is_replaced(text: str, shown: str) -> None:
    assert redacted(text, {}) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"sha256:{'0123456789abcdef' * 4}",
        f"sha256:{'1' * 64}",
        "build 957ac10861772b47",
        "1732690000000 ms, 2026-11-27T08:42:42.397Z, took 12.345678901234 s",
        "us-central1-docker.pkg.dev/x",
        "gunicorn==23.0.0 on 127.0.0.1:8080",
    ],
)
def test_what_a_report_is_read_for_stays(text: str) -> None:
    assert redacted(text, {}) == text


def test_a_variable_is_a_secret_by_its_name() -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": "abcd",
        "PULUMI_CONFIG_PASSPHRASE": "efgh",
        "GITHUB_TOKEN": "ijkl",
        "USE_AUTH": "True",
        "PATH": "/bin",
        "LANG": "C",
    }

    assert secrets_of(environment) == {
        "abcd": "[AWS_SECRET_ACCESS_KEY]",
        "efgh": "[PULUMI_CONFIG_PASSPHRASE]",
        "ijkl": "[GITHUB_TOKEN]",
    }


# What no placeholder has in it, so that a secret that is found is a secret that was left.
SECRETS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="[]KEYTOKN"), min_size=SHORTEST, max_size=30
)


def as_json(value: str) -> str:
    """As it stands within a text in JSON."""
    return json.dumps(value)[1:-1]


def as_plain_json(value: str) -> str:
    """Likewise, with letters beyond ASCII as they are."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


WAYS: list[Callable[[str], str]] = [
    str,
    as_json,
    as_plain_json,
    lambda value: as_json(as_json(value)),
    quote,
    lambda value: quote(value, safe=""),
]


@given(st.lists(SECRETS, min_size=1, max_size=4, unique=True), st.text(max_size=20), st.data())
def test_a_known_value_is_left_in_no_way_of_writing_it(
    secrets: list[str], between: str, data: st.DataObject
) -> None:
    """Plain, in JSON, in JSON within JSON, in a URL."""
    written = [data.draw(st.sampled_from(WAYS))(secret) for secret in secrets]

    shown = redacted(between.join(written), dict.fromkeys(secrets, "[KEY]"))

    assert [way for way in written if way in shown.replace("[KEY]", "\0")] == []


def test_a_value_that_is_part_of_another_leaves_nothing_of_it() -> None:
    assert redacted("hunter2hunter2 hunter2", {"hunter2": "[A]", "hunter2hunter2": "[B]"}) == "[B] [A]"


def test_a_value_of_three_characters_stays_as_it_would_be_in_ordinary_words() -> None:
    assert redacted("the end", {"the": "[A]"}) == "the end"


def test_the_fields_of_json_keep_their_names_whatever_a_value_is() -> None:
    """A variable may have the value "name", and whoever reads the bundle looks for that field."""
    found = {"name": "name of 123456789012", "list": ["name", 12, None, {"name": "x"}]}

    assert redacted_values(found, {"name": "[A]"}) == {
        "name": "[A] of [ACCOUNT]",
        "list": ["[A]", 12, None, {"name": "x"}],
    }


def test_an_account_that_an_arn_names_is_replaced_wherever_it_stands() -> None:
    """Also within a word, where twelve digits alone may be anything, and as a number."""
    said = (
        "arn:aws:iam::123456789012:role/x, 210987654321.dkr.ecr.us-east-1.amazonaws.com/a, arn:aws:s3:::logs"
    )
    known = accounts_in(said)

    assert known == {"123456789012": "[ACCOUNT]", "210987654321": "[ACCOUNT]"}
    assert redacted("data123456789012a of 210987654321.5", known) == "data[ACCOUNT]a of [ACCOUNT].5"
    assert redacted_values({"account": 123456789012, "bytes": 42, "yes": True, "share": 0.5}, known) == {
        "account": "[ACCOUNT]",
        "bytes": 42,
        "yes": True,
        "share": 0.5,
    }
