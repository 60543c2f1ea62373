"""The pages under docs/ say what the stacks do."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

import platforms
from stacks.settings import BILLING_KEYS, by_platform, rules
from stacks.settings.declared import KEYS
from stacks.settings.variables import KEYS as MAPS
from tests.stacks.aws_calls import calls
from tests.stacks.graph import usual

ROOT = Path(__file__).parents[2]
PAGES = [
    "deploying",
    "settings",
    "releases",
    "domain",
    "environments",
    "secrets",
    "alarms",
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
    known = {*KEYS, *MAPS, "KEY", "gcp:skipRegionValidation", *BILLING_KEYS} | {
        key for name in platforms.NAMES for key in by_platform.of(name).providers
    }
    outputs = usual("aws", domain="api.example.com").outputs.keys()

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

    assert usual("aws", domain="api.example.com").outputs.keys() <= told


def test_the_links_of_the_pages_lead_somewhere() -> None:
    """Links between pages name files that exist."""
    for name in PAGES:
        for link in re.findall(r"\]\(([\w./-]+\.md)\)", page(name)):
            assert (ROOT / "docs" / link).exists(), link


def rights(platform: str) -> set[str]:
    """What the page on deploying says that whoever deploys to a platform of AWS's has to be allowed."""
    policy = json.loads(re.findall(r"```json\n(.*?)```", page("deploying"), re.DOTALL)[0])
    of_aws = {action for statement in policy["Statement"] for action in statement["Action"]}
    section = page("deploying").partition(f"\n### {platform}\n")[2].partition("\n#")[0]
    instead, _, rest = section.partition("in place of")
    taken, _, besides = rest.partition("besides")
    named = (set(re.findall(r'`"(\w+:[\w*]+)"`', text)) for text in (taken, instead, besides))
    return (of_aws - next(named)).union(*named)


@pytest.mark.parametrize("platform", ["aws", "apprunner", "ecs"])
def test_the_rights_on_the_page_are_enough_to_deploy(platform: str) -> None:
    """Every request that creates a resource of the AWS stacks is allowed by the policy that the page shows."""
    extras = {
        "domain": "api.example.com",
        "dnsZone": "example.com",
        "secretValues": {"API_KEY": "x"},
        "alarmEmail": "a@example.com",
        "budget": 1,
    }
    known = rules.rules(platform).keys() | rules.COMMON | set(MAPS)
    settings = {key: value for key, value in extras.items() if key in known}
    needed = {
        f"{IAM_NAMES.get(call.service, call.service)}:{call.operation}"
        for node in usual(platform, **settings).nodes
        if node.type.startswith("aws:")
        for call in calls(node)
    }

    allowed = rights(platform)
    assert {action for action in needed if not any(fnmatch(action, pattern) for pattern in allowed)} == set()


def test_the_page_says_plainly_that_app_runner_is_closed() -> None:
    """Whoever reads the first table knows before the first `up`, and so does whoever reads the program."""
    program = (ROOT / "stacks" / "apprunner" / "__init__.py").read_text(encoding="utf-8")

    assert "closed App Runner to new customers on 30 April 2026" in page("deploying").partition("## ")[0]
    assert "30 April 2026" in program.partition("import")[0]


def test_the_page_says_plainly_that_ecs_does_not_scale_to_zero() -> None:
    """Likewise; and the sum on the page is the sum of its parts, at the program's own smallest size."""
    program = (ROOT / "stacks" / "ecs" / "__init__.py").read_text(encoding="utf-8")
    cpu, memory = (rules.rules("ecs")[key].default for key in ("cpu", "memory"))
    assert isinstance(cpu, float)
    assert isinstance(memory, int)
    task = round(730 * (cpu * 0.04048 + memory / 1024 * 0.004445), 2)
    balancer, address = round(730 * 0.0225, 2), 730 * 0.005
    least, most = (f"${task + balancer + (1 + zones) * address:.2f}" for zones in (2, 6))
    section = page("deploying").partition("\n### ecs\n")[2]

    assert "**Never goes to zero**" in page("deploying").partition("## ")[0]
    assert "It never scales to zero" in program.partition("import")[0]
    assert f"{least.partition('.')[0]} a month while nobody calls" in program
    assert f"**{least} to {most}**" in section
    assert f"${task + address:.2f}." in section
