"""The stacks on the real Pulumi engine, with the fake cloud as its providers; some run the program in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.ecs_cloud import EXPRESS
from tests.stacks.engine import Stack, add_environment, copy_project
from tests.stacks.google_cloud import LATEST

NewStack = Callable[[str], Stack]

FUNCTION, ALIAS = "aws:lambda/function:Function", "aws:lambda/alias:Alias"
CLOUD_RUN, APP_RUNNER = "gcp:cloudrunv2/service:Service", "aws:apprunner/service:Service"
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


@pytest.mark.parametrize(("platform", "type_"), [("aws", ALIAS), ("gcp", CLOUD_RUN)])
def test_a_canary_that_fails_leaves_the_promoted_release_in_place(
    platform: str, type_: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """The last outputs survive a failed `up`, so the next one goes on from what was promoted."""
    stack = new_inline_stack(platform)
    configure(stack, canaryPercent=10)
    stack.up()
    promoted = stack.outputs()["promoted"]

    stack.change_app("second")
    cloud.refuse_next[type_] = "the cloud is tired"
    printed = stack.up(fails=True)
    assert "the cloud is tired" in printed
    assert stack.outputs()["promoted"] == promoted
    assert traffic(cloud) == {1: 100}

    stack.up()
    assert stack.outputs()["promoted"] == promoted
    assert traffic(cloud) == {1: 90, 2: 10}


@pytest.mark.parametrize(
    ("platform", "type_", "reason"),
    [
        ("aws", FUNCTION, "TooManyRequestsException: rate exceeded"),
        ("gcp", CLOUD_RUN, "Revision is not ready and cannot serve traffic"),
        ("apprunner", APP_RUNNER, "AWS App Runner is no longer available to new customers"),
        ("ecs", EXPRESS, "the deployment failed: the ECS deployment circuit breaker was triggered"),
    ],
)
def test_a_failed_creation_is_told_and_the_next_up_recovers(
    platform: str, type_: str, reason: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """What was made before the failure stays known, so that `up` goes on and `destroy` takes it all away."""
    stack = new_inline_stack(platform)
    configure(stack)
    cloud.refuse_next[type_] = reason

    assert reason in stack.up(fails=True)
    made = len(cloud.resources)
    assert made > 0

    done(cloud)
    stack.up()
    assert ("create", type_) in done(cloud)
    assert len(cloud.resources) > made

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


def test_a_refused_app_runner_leaves_nothing_after_a_destroy(
    new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """An account without App Runner is refused late; the roles and the registry go by `pulumi destroy`."""
    stack = new_inline_stack("apprunner")
    cloud.refuse_next[APP_RUNNER] = "not available to new customers"
    assert "AWS closed App Runner to new customers on 30 April 2026" in stack.up(fails=True)

    stack("destroy", "--yes", "--skip-preview")

    assert (cloud.resources, cloud.images) == ({}, {})


def test_an_ecs_service_can_be_made_again_after_a_destroy(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """ECS remembers it for a while under its name; a first `up` says what it costs, a second one does not."""
    stack = new_inline_stack("ecs")
    assert "ECS Express Mode does not scale to zero" in stack.up()
    assert "ECS Express Mode does not scale to zero" not in stack.up()
    stack("destroy", "--yes", "--skip-preview")
    assert len(cloud.inactive) == 1

    stack.up()
    stack("destroy", "--yes", "--skip-preview")

    assert len(cloud.inactive) == 2
    assert (cloud.resources, cloud.images) == ({}, {})


def test_mistakes_in_the_configuration_stop_before_anything_is_made(
    new_stack: NewStack, cloud: Cloud
) -> None:
    """All at once, without a trace of the program's own; a wrong type already by the engine."""
    stack = new_stack("aws")
    stack.set(memroy=1024, timeout=60, domain="nowhere")
    printed = stack.up(fails=True)

    assert "3 settings need a change; nothing was deployed." in printed
    assert "memroy: there is no such key; did you mean memory?" in printed
    assert "timeout: it is 60; an HTTP API allows 1 to 29, a function URL more" in printed
    assert "Traceback" not in printed

    stack.set(memory="plenty")
    assert "'memory' must be of type 'integer'" in stack.up(fails=True)
    assert cloud.resources == {}


def test_an_unknown_pin_stops_before_anything_is_changed(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """The error lists the releases that there are."""
    stack = new_inline_stack("aws")
    stack.up()
    done(cloud)
    stack.set(pin=7, memory=1024)

    printed = stack.up(fails=True)

    assert (
        "pin: it is '7', which is no release of this stack (1); type `pulumi stack output releases`"
        in printed
    )
    assert "Traceback" not in printed
    assert done(cloud) == []


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("aws", "and Route 53 gives no public zone for it ("),
        ("apprunner", "and Route 53 gives no public zone for it ("),
        ("gcp", "which is no public zone of this project in Cloud DNS (example.com)"),
    ],
)
def test_a_zone_that_is_not_there_is_told_without_a_trace(
    platform: str, words: str, new_stack: NewStack
) -> None:
    """The lookup answers while resources are made, and the message still is one sentence."""
    stack = new_stack(platform)
    configure(stack, domain="api.b.org", dnsZone="b.org")

    printed = stack.up(fails=True)

    assert f"dnsZone: it is 'b.org', {words}" in printed
    assert "Traceback" not in printed


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
