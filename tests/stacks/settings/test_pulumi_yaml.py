"""The files that Pulumi reads declare each key, and a default that a user writes there counts."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

import platforms
from stacks.settings import Service
from stacks.settings.declared import KEYS, declared
from stacks.settings.variables import KEYS as MAPS
from tests.stacks.graph import service
from tests.stacks.settings.test_settings import problems

ROOT = Path(__file__).parents[3]


def test_pulumi_yaml_declares_every_key_with_its_type_its_default_and_what_it_is_for() -> None:
    """A default has the type that the engine checks; maps are those that the program reads as such."""
    config = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]

    names = {"int": "integer", "bool": "boolean", "str": "string"}
    assert list(config) == [*KEYS, *MAPS]
    assert {key: (entry["type"], entry["default"]) for key, entry in config.items()} == {
        key: (names[type(neutral).__name__], neutral) for key, neutral in KEYS.items()
    } | {key: ("object", {}) for key in MAPS}
    assert all(len(entry["description"]) > 10 for entry in config.values())


def test_the_stacks_own_files_hold_provider_keys_only() -> None:
    """`pulumi new` copies them as they are, so nothing in them may depend on the project's name or its secrets."""
    for name in platforms.NAMES:
        held = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))

        assert list(held) == ["config"]
        assert all(re.match(r"(aws|gcp):", key) for key in held["config"])


def test_what_a_user_chose_for_any_key_reaches_the_resources() -> None:
    """Service has a field for each key; app and appDir are one."""
    named = {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key) for key in KEYS}

    assert named - {"app_dir"} <= {field.name for field in fields(Service)}


def test_pulumi_yaml_may_hold_what_the_engine_allows_besides() -> None:
    """A value alone is a default; a key may have none; a provider's key, a map and a list are no keys of one value."""
    config = """
      size: 5
      name: {type: string}
      many: {type: integer, description: How many}
      aws:region: us-east-1
      gcp:project: {value: shop}
      map: {type: object}
      hosts: {type: array, items: {type: string}, default: [a]}
    """
    assert declared({"name": "shop", "config": yaml.safe_load(config)}) == {"size": 5, "name": "", "many": 0}
    assert declared({"name": "shop", "runtime": "python"}) == {}


def test_a_default_that_a_user_writes_into_pulumi_yaml_counts_and_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine copies it into each stack, in which it is no choice of that stack: other platforms pass it over."""
    monkeypatch.setitem(KEYS, "timeout", 45)
    assert service("gcp").timeout == 45
    assert service("ecs").timeout is None
    assert service("gcp", timeout=10).timeout == 10

    monkeypatch.setitem(KEYS, "memory", 2048)
    assert (service("ecs").memory, service("ecs").cpu) == (2048, 0.25)
    assert (service("apprunner").memory, service("apprunner").cpu) == (2048, 1.0)

    monkeypatch.setitem(KEYS, "memory", 600)
    assert [problem.partition(";")[0] for problem in problems("ecs")][:1] == ["memory: it is 600"]
