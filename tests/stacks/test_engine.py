"""The stacks on the real Pulumi engine, with the fake cloud as its providers; some run the program in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.ecs_cloud import EXPRESS
from tests.stacks.engine import Stack, add_environment, copy_project
from tests.stacks.google_cloud import CLOUD_RUN, LATEST
from tests.stacks.lambda_cloud import ALIAS, FUNCTION

NewStack = Callable[[str], Stack]

APP_RUNNER = "aws:apprunner/service:Service"
IMAGE = "docker-build:index:Image"
DOMAIN = {"domain": "api.example.com", "dnsZone": "example.com"}


def configure(stack: Stack, **settings: object) -> None:
    """Set what a stack of its platform needs, and more."""
    own = {"gcp__project": "my-project"} if stack.name == "gcp" else {}
    if own or settings:
        stack.set(**own, **settings)


def done(cloud: Cloud) -> list[tuple[str, str]]:
    """What was done to the cloud since the last look, sorted."""
    happened = sorted(cloud.log)
    cloud.log.clear()
    return happened


@pytest.mark.parametrize(
    ("platform", "settings", "updated"),
    [
        ("aws", DOMAIN, [ALIAS, FUNCTION]),
        ("gcp", DOMAIN, [CLOUD_RUN]),
        ("apprunner", DOMAIN, [APP_RUNNER]),
        ("ecs", {"alarmEmail": "ops@example.com"}, [EXPRESS]),
    ],
)
def test_a_stack_lives_from_init_to_destroy(
    platform: str, settings: dict[str, str], updated: list[str], new_stack: NewStack, cloud: Cloud
) -> None:
    """Preview makes nothing, a second `up` changes nothing, a number what it should, destroy leaves nothing."""
    stack = new_stack(platform)
    other = new_stack("other")
    stack("stack", "select", platform)
    configure(stack, **settings)

    stack("preview")
    assert cloud.resources == {}

    stack.up()
    outputs = stack.outputs()
    assert outputs["platform"] == platform
    assert outputs["url"].startswith("https://")
    assert cloud.has_image(outputs["image"])

    done(cloud)
    stack.up("--expect-no-changes")
    assert done(cloud) == []

    stack.set(memory=1024)
    stack.up()
    assert done(cloud) == [("update", type_) for type_ in updated]
    assert stack.outputs()["url"] == outputs["url"]

    stack("refresh", "--yes", "--skip-preview")
    stack.up("--expect-no-changes")

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})
    stack("stack", "rm", "--yes", "--stack", other.name)


def traffic(cloud: Cloud) -> dict[int, int]:
    """Which version, as a number in the order of their making, gets how many percent."""
    if cloud.of(ALIAS):
        alias = cloud.one(ALIAS).inputs
        extra = (alias.get("routingConfig") or {}).get("additionalVersionWeights") or {}
        shares = {int(version): round(weight * 100) for version, weight in extra.items()}
        return {int(alias["functionVersion"]): 100 - sum(shares.values()), **shares}
    service = cloud.one(CLOUD_RUN).inputs
    revisions = cloud.versions[service["name"]]
    return {
        len(revisions) if share["type"] == LATEST else revisions.index(share["revision"]) + 1: share[
            "percent"
        ]
        for share in service["traffics"]
    }


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_a_release_goes_from_canary_to_promotion_and_back(
    platform: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """The procedure of docs/releases.md, each step with what gets the traffic then; no version number is copied."""
    stack = new_inline_stack(platform)
    configure(stack, canaryPercent=10)
    images = list[str]()

    def up() -> tuple[dict[int, int], int]:
        """Deploy; who gets the traffic then, and which release is the promoted one."""
        stack.up()
        outputs = stack.outputs()
        images.append(outputs["image"])
        versions = [release["version"] for release in outputs["releases"]]
        return traffic(cloud), versions.index(outputs["promoted"]) + 1

    # The first release gets everything, whatever the share: there is nothing else.
    assert up() == ({1: 100}, 1)

    # A canary, and another one before any promotion.
    stack.change_app("second")
    assert up() == ({1: 90, 2: 10}, 1)
    stack.change_app("third")
    assert up() == ({1: 90, 3: 10}, 1)
    stack.up("--expect-no-changes")

    # Taken back, shown again, promoted.
    stack.set(canaryPercent=0)
    assert up() == ({1: 100}, 1)
    stack.set(canaryPercent=50)
    assert up() == ({1: 50, 3: 50}, 1)
    stack.set(canaryPercent=100)
    assert up() == ({3: 100}, 3)

    # Rolled back after promotion, by digest, and the rollback holds when the pin goes.
    stack.set(pin=images[0].partition("@")[2])
    assert up() == ({1: 100}, 1)
    stack("config", "rm", "pin")
    stack.set(canaryPercent=10)
    assert up() == ({1: 90, 3: 10}, 1)

    # A repaired release after the rollback.
    stack.change_app("fourth")
    stack.set(canaryPercent=100)
    assert up() == ({4: 100}, 4)

    assert all(cloud.has_image(image) for image in images), "an older image is gone"
    assert not [step for step in cloud.log if step[0] == "delete"]
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


def test_a_domain_without_a_zone_is_joined_in_two_phases(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """The steps of docs/domain.md: the record by hand between two `up`s, and the service answers all the while."""
    stack = new_inline_stack("aws")
    configure(stack, domain="api.elsewhere.org")
    stack.up()
    (record,) = stack.outputs()["dnsRecords"]

    cloud.records_by_hand.add(record["name"])
    stack.set(domainReady=True)
    stack.up()

    assert [entry["name"] for entry in stack.outputs()["dnsRecords"]] == [record["name"], "api.elsewhere.org"]
    assert stack.outputs()["customUrl"] == "https://api.elsewhere.org"
    stack("destroy", "--yes", "--skip-preview")
    assert cloud.resources == {}


def test_the_registrys_password_is_nowhere_in_the_clear(new_inline_stack: NewStack) -> None:
    """Neither in the exported state nor in what `up` prints."""
    for platform in ("aws", "gcp"):
        stack = new_inline_stack(platform)
        configure(stack)
        printed = stack.up()

        assert "a token that differs" not in printed + stack("stack", "export")


def test_a_project_made_from_this_one_previews_with_its_settings(
    new_stack: NewStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pulumi new` with this project as the template, under another name, keeps the answers to its questions."""
    template, folder = tmp_path / "template", tmp_path / "shop"
    template.mkdir()
    folder.mkdir()
    copy_project(template, environment=False)
    pattern = new_stack("aws")
    stack = Stack(folder, pattern.home, "prod-eu", pattern.providers)

    # Its last step would download the SDKs; the project gets those that are here instead.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    answers = ("platform=gcp", "memory=1024", "gcp:project=my-project", "gcp:region=europe-west1")
    asked = [part for answer in answers for part in ("--config", answer)]
    printed = stack("new", str(template), "--yes", "--name", "shop", "--stack", "prod-eu", *asked, fails=True)
    assert "No matching distribution found" in printed
    add_environment(folder)
    steps: list[dict[str, Any]] = json.loads(stack("preview", "--json"))["steps"]

    (service,) = [step["newState"]["inputs"] for step in steps if step["newState"]["type"] == CLOUD_RUN]
    assert (service["name"], service["location"]) == ("shop-prod-eu-17c387fa", "europe-west1")
    assert service["template"]["containers"][0]["resources"]["limits"]["memory"] == "1024Mi"
