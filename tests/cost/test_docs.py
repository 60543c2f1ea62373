"""docs/cost.md: what it shows is what comes out, and it leaves out no option and no field."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from cost import own_prices
from cost.bill import Bill, bill
from cost.candidates import Question
from cost.cli import app
from cost.setup import KEPT_VERSIONS
from cost.simulation import volumes
from cost.simulation.system import system
from platforms import NAMES
from platforms.prices import Prices
from tests.cost.test_cli import cost

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```\n\$ python -m cost (.*)\n((?:.|\n)*?)```", TEXT)


def words(text: str) -> list[str]:
    """Lines without the blanks at their ends."""
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.process
@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_shown_answer_is_the_real_one(command: str, output: str) -> None:
    line = [sys.executable, "-m", "cost", *shlex.split(command)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)

    assert words(done.stdout) == words(output)


def test_answers_are_shown() -> None:
    assert [command.split()[0] for command, _ in SHOWN] == ["advise", "advise", "bill"]
    assert any("--front" in command for command, _ in SHOWN)


def test_the_months_with_snapstart_and_without_are_those_of_the_bills() -> None:
    """Each row of the table, and what each version that is kept costs."""
    prices = Prices.load()

    def month(requests: int, *, snapstart: bool) -> Bill:
        question = Question(snapstart=snapstart)
        deployed = question.setup("aws", prices)
        one = system(deployed, question.timing(deployed, None), prices)
        return bill(deployed, volumes.usage(one, requests), prices, free_tier=True)

    rows = re.findall(r"^\| ([\d,]+) \| \$(.*) \| \$(.*) \| \$(.*) \| \$(.*) \|$", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == ["40,000", "1,000,000", "10,000,000"]
    for requests, *shown in rows:
        count = int(requests.replace(",", ""))
        restored = month(count, snapstart=True)
        parts = {line.name: line.amount or 0 for line in restored.lines}
        found = (
            month(count, snapstart=False).total,
            restored.total,
            parts["SnapStart cache"],
            parts["SnapStart restores"],
        )
        assert [f"{amount:.2f}" for amount in found] == shown, requests
        assert f"${parts['SnapStart cache'] / KEPT_VERSIONS:.2f} a month for each version" in TEXT


def options() -> set[str]:
    commands = typer.main.get_command(app).commands.values()  # pyright: ignore[reportAttributeAccessIssue]
    return {
        flag
        for command in commands
        for parameter in command.params
        for flag in [*parameter.opts, *parameter.secondary_opts]
        if flag not in {"--help", "--chart"}
    }


def test_every_option_is_described() -> None:
    assert {option for option in options() if f"`{option}" not in TEXT} == set()


def test_every_described_option_exists() -> None:
    described = set(re.findall(r"`(--[a-z0-9-]+)", TEXT))

    assert described - options() == set()


def fields(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in fields(one)}
    return {name for one in value for name in fields(one)} if isinstance(value, list) else set()


def test_every_field_of_the_json_is_described() -> None:
    names = {*NAMES, "p50", "p95", "p99"}
    advice = json.loads(cost("advise", "--monthly", "100", "--replications", "2", "--json").stdout)
    bills = json.loads(cost("bill", "--requests", "100", "--json").stdout)

    described = TEXT[TEXT.index("## JSON") :]
    assert {name for name in fields(advice) | fields(bills) if f"`{name}`" not in described} - names == set()


def test_the_example_of_own_prices_can_be_used(tmp_path: Path) -> None:
    example = re.search(r"```toml\n((?:.|\n)*?)```", TEXT)
    assert example is not None
    path = tmp_path / "own.toml"
    path.write_text(example[1], encoding="utf-8")

    assert own_prices.load(path).price("aws", "http_api", "sa-east-1").known


def test_every_unconfirmed_or_unknown_price_is_named() -> None:
    prices = Prices.load()
    doubtful = {
        platform: {
            region
            for name in prices.names(platform)
            if not name.startswith(("snapstart", "provisioned", "streamed"))
            for region in prices.regions(platform)
            if not prices.price(platform, name, region).confirmed
        }
        for platform in ("aws", "apprunner", "ecs")
    }

    assert doubtful["aws"] | doubtful["apprunner"] == {"eu-central-1", "ap-northeast-2"}
    assert all(region in TEXT for region in doubtful["aws"])
    assert set(prices.regions("ecs")) - doubtful["ecs"] == {"us-east-1"}
    assert "ECS outside us-east-1" in TEXT
