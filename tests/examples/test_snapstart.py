"""What docs/snapstart.md shows is the example, and what it says of it is so; the database recipe keeps nothing."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import snapshot_restore_py

from examples import postgres
from local import Emulator, Settings
from tests.examples.cluster import Cluster

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "snapstart_app.py"
PAGE = (ROOT / "docs" / "snapstart.md").read_text(encoding="utf-8")


def rolled(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/roll", timeout=60) as response:
        told: dict[str, Any] = json.load(response)
        return told


def test_the_page_shows_the_example() -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    assert shown[0] == EXAMPLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("snapstart", [True, False])
def test_each_instance_of_the_example_has_numbers_and_a_name_of_its_own(
    processes: None,
    tmp_path: Path,
    snapstart: bool,
) -> None:
    settings = Settings(
        app="examples.snapstart_app:app", snapstart=snapstart, idle_seconds=0, log=tmp_path / "log"
    )
    with Emulator("aws", settings) as emulator:
        answers = [rolled(emulator.url) for _ in range(3)]

    assert len({answer["worker"] for answer in answers}) == 3
    assert len({answer["rolled"] for answer in answers}) == 3


def test_the_database_recipe_keeps_no_connection_over_a_snapshot(
    database: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setattr(postgres, "KEEP", True)
    kept = postgres.transaction(lambda connection: connection, writes=False)
    assert not kept.closed

    registered: Any = snapshot_restore_py.get_before_snapshot()
    assert postgres.forget in [hook for hook, _, _ in registered]
    postgres.forget()

    assert kept.closed
    fresh = postgres.transaction(lambda connection: connection, writes=False)
    assert fresh is not kept
    postgres.forget()
