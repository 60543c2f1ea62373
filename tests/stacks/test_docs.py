"""The pages under docs/ say what the stacks do."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

import platforms
from stacks import rules
from stacks.settings import KEYS, PROVIDER_KEYS
from stacks.variables import KEYS as MAPS
from tests.stacks.aws_calls import calls
from tests.stacks.graph import run, service

ROOT = Path(__file__).parents[2]
PAGES = [
    "deploying",
    "settings",
    "releases",
    "domain",
    "environments",
    "secrets",
    "guards",
    "access",
    "tracing",
]
# botocore's names of services to those of IAM, where they differ.
IAM_NAMES = {"apigatewayv2": "apigateway"}


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """The table of docs/settings.md, from Pulumi.yaml and from what the program allows."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    titles = " | ".join(platforms.TITLES[name] for name in platforms.NAMES)
    lines = [f"| key | what it is | {titles} |", "| --- | --- " * 1 + "| --- " * len(platforms.NAMES) + "|"]
    for key, entry in declared.items():
        cells = " | ".join(_cell(key, name) for name in platforms.NAMES)
        lines.append(f"| `{key}` | {entry['description']} | {cells} |")
    return "\n".join(lines)


def _cell(key: str, platform: str) -> str:
    rule = rules.rules(platform).get(key)
    if key in MAPS:
        return ""
    if key in rules.COMMON:
        return f"`{KEYS[key]}`" if KEYS[key] else ""
    if rule is None:
        return "-"
    default = (
        "no limit" if rule.default is None else f"**{_plain(rule.default)}**" if rule.default != "" else ""
    )
    return " ".join(
        part for part in (default, f"({rule})" if str(rule) != _plain(rule.default) else "") if part
    )


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def test_the_table_of_settings_is_that_of_the_program() -> None:
    """Every key of Pulumi.yaml with its defaults and what each platform allows; the expected table can be pasted."""
    found = re.search(r"^\| key .*?(?=\n\n)", page("settings"), re.DOTALL | re.MULTILINE)

    assert found
    assert found.group(0) == settings_table()


@pytest.mark.parametrize("name", PAGES)
def test_the_keys_and_outputs_that_a_page_names_exist(name: str) -> None:
    """Each `pulumi config set` and `pulumi stack output` of a page can be typed as it stands."""
    known = {*KEYS, *MAPS, "KEY", "gcp:userProjectOverride"} | {
        key for keys in PROVIDER_KEYS.values() for key in keys
    }
    full = service("aws", domain="api.example.com")
    outputs = run(full).outputs.keys()

    text = page(name)
    assert set(re.findall(r"pulumi config (?:set|rm) (?:--\w+ )*([\w:]+)", text)) <= known
    assert set(re.findall(r"pulumi stack output ([a-z]\w+)", text)) <= outputs


def test_every_output_is_told() -> None:
    """The page on deploying lists what a stack exports."""
    told = {
        name
        for row in re.findall(r"^\| (`.*?`) \|", page("deploying"), re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }

    assert run(service("aws", domain="api.example.com")).outputs.keys() <= told


def test_the_links_of_the_pages_lead_somewhere() -> None:
    """Links between pages name files that exist."""
    for name in PAGES:
        for link in re.findall(r"\]\(([\w./-]+\.md)\)", page(name)):
            assert (ROOT / "docs" / link).exists(), link


def test_the_rights_on_the_page_are_enough_to_deploy() -> None:
    """Every request that creates a resource of the AWS stacks is allowed by the policy that the page shows."""
    policy = json.loads(re.findall(r"```json\n(.*?)```", page("deploying"), re.DOTALL)[0])
    allowed = [action for statement in policy["Statement"] for action in statement["Action"]] + [
        "apprunner:*"
    ]
    extras = {
        "domain": "api.example.com",
        "dnsZone": "example.com",
        "secretValues": {"API_KEY": "x"},
        "alarmEmail": "a@example.com",
        "budget": 1,
    }
    needed = {
        f"{IAM_NAMES.get(call.service, call.service)}:{call.operation}"
        for platform in ("aws", "apprunner")
        for node in run(service(platform, **extras)).nodes
        if node.type.startswith("aws:")
        for call in calls(node)
    }

    assert {action for action in needed if not any(fnmatch(action, pattern) for pattern in allowed)} == set()


def test_the_page_says_plainly_that_app_runner_is_closed() -> None:
    """Whoever reads the first table knows before the first `up`, and so does whoever reads the program."""
    program = (ROOT / "stacks" / "apprunner" / "__init__.py").read_text(encoding="utf-8")

    assert "closed App Runner to new customers on 30 April 2026" in page("deploying").partition("## ")[0]
    assert "30 April 2026" in program.partition("import")[0]
