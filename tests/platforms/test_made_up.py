"""A platform that is added to the facts finds every place that has to know it, by an error that names the place."""

import ast
import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import local.settings
import platforms
from cost import bill
from cost.candidates import Question
from cost.report import text
from cost.setup import REGIONS, setup
from local import run
from platforms import FactError, sold, starts
from platforms.prices import PriceError, Prices, shipped
from stacks import deployment
from stacks.settings import by_platform
from tests.docs.sources import parsed
from tests.platforms.test_names import FOLDERS, ROOMS, ROOT

NEW = "azure"
LIKE = "gcp"


def _naming(names: object) -> list[ModuleType]:
    """The loaded modules that have these names; asked without getattr, which makes lazy modules load others."""
    return [module for module in list(sys.modules.values()) if vars(module).get("NAMES") is names]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that has a title and nothing else."""
    before, now = platforms.NAMES, (*platforms.NAMES, NEW)
    for module in _naming(before):
        monkeypatch.setattr(module, "NAMES", now)
    monkeypatch.setitem(platforms.TITLES, NEW, "Azure")


@pytest.fixture
def described(known: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform with all of its facts, which are another platform's."""
    limits, tables = platforms.limits(LIKE), starts._tables()[LIKE]

    def limits_of(platform: str) -> dict[str, platforms.Limit]:
        return limits if platform == NEW else before(platform)

    before = platforms.limits
    monkeypatch.setattr(platforms, "limits", limits_of)
    monkeypatch.setitem(starts._tables(), NEW, tables)


def prices() -> Prices:
    """The prices shipped, and those of the platform."""
    tables = shipped()
    return Prices({**tables, NEW: tables[LIKE]})


def told(ask: Callable[[], Any]) -> str:
    """What the error says that `ask` raises."""
    with pytest.raises((FactError, PriceError)) as caught:
        ask()
    return str(caught.value)


def test_each_file_of_facts_is_named_that_says_nothing_of_a_platform(known: None) -> None:
    assert [
        told(lambda: platforms.limit(NEW, "memory_minimum")),
        told(lambda: sold.memories(NEW)),
        told(lambda: starts.start(NEW)),
        told(lambda: starts.idle(NEW)),
        told(lambda: Prices.load().check_region(NEW, "here")).partition(";")[0],
    ] == [
        "azure: platforms/limits.toml has nothing about it",
        "azure: platforms/limits.toml has nothing about it",
        "azure: platforms/starts.toml has nothing about it",
        "azure: platforms/starts.toml has nothing about it",
        "'azure' has no prices in platforms/prices.toml",
    ]


def test_a_fact_is_named_that_a_platform_lacks() -> None:
    assert told(lambda: platforms.limit("ecs", "pending_timeout")) == (
        "ecs: platforms/limits.toml has no pending_timeout"
    )


def regions() -> dict[str, str]:
    """The regions of a question that knows one for the platform."""
    return {**REGIONS, NEW: REGIONS[LIKE]}


def deployed() -> Any:
    """A deployment of the platform, as the costs have it."""
    return Question(platforms=[NEW], regions=regions()).setup(NEW, prices())


# Each place that has a table by platform, and what asks there.
PLACES: dict[str, Callable[[], Any]] = {
    "stacks/settings/by_platform/azure.py": lambda: by_platform.of(NEW),
    "stacks/azure/__init__.py": lambda: deployment.deploy(SimpleNamespace(platform=NEW), None),  # type: ignore[arg-type]
    "local/run.py": lambda: asyncio.run(run.run(NEW, local.settings.Settings(port=0))),
    "cost/options.py": lambda: Question(platforms=[NEW]).setup(NEW, prices()),
    "cost/setup.py": lambda: deployed().active_while_starting,
    "cost/bill.py": lambda: bill.bill(deployed(), bill.Usage(), prices(), free_tier=True),
    "cost/report/text.py": lambda: text.curves(
        {
            "options": [{"name": NEW, "platform": NEW, "title": "Azure"}],
            "curves": {NEW: [(1e3, 1), (1e4, 2)]},
        },
        80,
    ),
}

# A table of one platform for each door, and the list of the platforms itself.
OTHER_TABLES = {"doctor/doors.py", "platforms/__init__.py"}


@pytest.mark.parametrize("place", PLACES)
def test_each_place_that_has_to_know_a_platform_is_named(described: None, place: str) -> None:
    """With the facts there, nothing else is missing on the way to it, and no other platform is taken instead."""
    message = told(PLACES[place])

    assert place in message
    assert NEW in message


def test_no_table_by_platform_is_left_out() -> None:
    """Each dictionary that has platforms as its keys, outside their own rooms, is one of the places above."""
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    names = {path.relative_to(ROOT).as_posix(): path for path in sources}
    tables = {
        name
        for name, path in names.items()
        if not name.startswith(ROOMS) and any(map(is_table, ast.walk(parsed(path))))
    }

    assert tables == OTHER_TABLES | {place for place in PLACES if not place.startswith("stacks/")}


def is_table(node: ast.AST) -> bool:
    """Whether a node of a syntax tree is a dictionary of which two keys are platforms."""
    keys = node.keys if isinstance(node, ast.Dict) else []
    return sum(isinstance(key, ast.Constant) and key.value in platforms.NAMES for key in keys) > 1


def test_facts_alone_say_what_a_platform_sells_and_how_it_is_emulated(described: None) -> None:
    """Sizes, limits and scaling of a new platform come from its facts: as those of the platform they are taken from."""
    size = Decimal(1)

    assert sold.memories(NEW, size) == sold.memories(LIKE, size)
    assert sold.concurrency(NEW, size) == sold.concurrency(LIKE, size)
    settings = local.settings.Settings(port=0, memory=512)
    assert local.settings.behaviour(NEW, settings) == local.settings.behaviour(LIKE, settings)
    of_new = setup(NEW, REGIONS[LIKE], minimum=1)
    assert replace(of_new, platform=LIKE) == setup(LIKE, REGIONS[LIKE], minimum=1)
