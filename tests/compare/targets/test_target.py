"""Targets as they are typed or stand in a file, and what is wrong with them in one line."""

import json
from pathlib import Path

import pytest

from commandline import UserError
from compare.targets.request import Request
from compare.targets.target import Target, from_file, typed


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
            "[[target]]\nlocal = 'aws'\nsnapstart = 'yes'",
            "{file}: target 1: snapstart is 'yes'; it should be true or false",
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
        "[[target]]\nlocal = 'aws'\nmemory = 1024\nminimum = 2\napp = 'other:app'\nmethod = 'GET'\n"
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
            emulator=(("app", "other:app"), ("memory", 1024), ("minimum", 2)),
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
