"""What the stack's file says of single values of a map, whose secrecy the engine tells only together."""

from pathlib import Path

import pytest

from stacks.settings.stack_file import secrecy

KEY = "demo:secretValues"
MIXED = """
encryptionsalt: v1:abc
config:
  aws:region: us-east-1
  demo:secretValues:
    API_KEY:
      secure: v1:def
    OTHER: plain
"""


def no_one(_: str) -> bool:
    raise AssertionError("the file knows")


@pytest.mark.parametrize(("name", "is_secret"), [("API_KEY", True), ("OTHER", False)])
def test_each_value_of_a_map_is_told_by_itself(tmp_path: Path, name: str, is_secret: bool) -> None:
    """By the form in which `pulumi config set --secret --path` leaves it."""
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(MIXED)

    assert secrecy(file, no_one)(KEY, name) == is_secret


@pytest.mark.parametrize(
    "text", [None, "", "config:\n", "config:\n  demo:secretValues:\n    secure: v1:abc\n", "[]"]
)
@pytest.mark.parametrize("is_secret", [True, False])
def test_what_the_file_does_not_say_the_engine_does(
    tmp_path: Path, text: str | None, is_secret: bool
) -> None:
    """There is no file, it has no such map, or the map is encrypted as a whole."""
    file = tmp_path / "Pulumi.dev.yaml"
    if text is not None:
        file.write_text(text)

    assert secrecy(file, lambda key: is_secret and key == KEY)(KEY, "API_KEY") == is_secret
