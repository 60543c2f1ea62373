"""docs/compare.md leaves nothing out: every option, every field of a sample, every exit status of the gate."""

import re
from pathlib import Path

import pytest
import typer.main

from compare.cli import app
from compare.targets.target import _EMULATOR, _REQUEST
from runs.sample import Sample, Times

PAGE = (Path(__file__).parents[2] / "docs/compare.md").read_text()
COMMANDS = typer.main.get_command(app)


@pytest.mark.parametrize("command", ["run", "report", "gate"])
def test_every_option_is_described(command: str) -> None:
    """Those of `gate` that `run` has too are described there."""
    options = {
        option
        for parameter in COMMANDS.commands[command].params  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        for option in parameter.opts
        if option.startswith("--")
    }

    assert options
    assert {option for option in options if not re.search(rf"`{option}\b|{option} ", PAGE)} == set()


def test_every_field_of_a_sample_is_described() -> None:
    """And every phase, and every key of a targets file."""
    fields = {
        *Sample.__slots__,
        *Times.__slots__,
        *_REQUEST,
        *_EMULATOR,
        "idle",
        "platform",
        "stack",
        "local",
        "url",
    }

    assert {field for field in fields if not re.search(rf"`{field}`|\b{field} = ", PAGE)} == set()
