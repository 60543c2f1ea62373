"""What holds on every emulated platform, from the outside."""

import base64

import pytest

import platforms
from tests.local.conftest import Emulate


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_a_body_whose_length_is_not_told_before_arrives_whole(emulate: Emulate, platform: str) -> None:
    running = emulate(platform)

    seen = running.ask("/request", "POST", iter([b"in ", b"chunks"]), content_type="text/plain").json

    assert base64.b64decode(seen["body"]) == b"in chunks"
