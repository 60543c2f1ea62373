"""Which release keeps the traffic."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from stacks import releases
from stacks.releases import KEPT, History, Release, remembered
from tests.stacks.cloud import Cloud
from tests.stacks.graph import run, service, usual

PATIENT = settings.get_profile("stacks")

ONE = {"version": "1", "digest": "sha256:one"}
TWO = {"version": "2", "digest": "sha256:two"}
AGAIN = {"version": "3", "digest": "sha256:one"}
PAST = History("2", (ONE, TWO, AGAIN))


def test_without_a_past_the_newest_gets_all() -> None:
    """A fresh stack has nothing to protect, whatever share it is given."""
    assert History().primary(service("aws", canaryPercent=10)) is None
    assert History().primary(service("aws")) is None


def test_a_share_leaves_the_rest_to_the_promoted_one() -> None:
    """Below 100 percent what was promoted stays, at 100 the newest takes over."""
    assert PAST.primary(service("aws", canaryPercent=10)) == "2"
    assert PAST.primary(service("aws", canaryPercent=0)) == "2"
    assert PAST.primary(service("aws", canaryPercent=100)) is None


def test_a_pin_is_a_version_or_a_digest_of_this_stack() -> None:
    """A digest that was released twice means its newest version."""
    assert PAST.primary(service("aws", pin="1")) == "1"
    assert PAST.primary(service("aws", pin="sha256:two", canaryPercent=10)) == "2"
    assert PAST.primary(service("aws", pin="sha256:one")) == "3"


def test_an_unknown_pin_says_what_there_is() -> None:
    """A wrong version must never reach the cloud."""
    with pytest.raises(
        pulumi.RunError, match=r"^pin: it is '9', which is no release of this stack \(1, 2, 3\); type"
    ):
        PAST.primary(service("aws", pin="9"))
    with pytest.raises(pulumi.RunError, match=r"\(none yet\)"):
        History().primary(service("aws", pin="9"))


def test_only_the_same_platform_and_region_have_a_past() -> None:
    """Elsewhere a new service is made, which has none of the earlier versions."""
    last = {"platform": "aws", "region": "us-east-1", "promoted": "2", "releases": [ONE, TWO, AGAIN]}

    assert remembered(last, service("aws")) == PAST
    assert remembered({**last, "platform": "gcp"}, service("aws")) == History()
    assert remembered({**last, "region": "eu-west-1"}, service("aws")) == History()
    assert remembered(dict.fromkeys(last), service("aws")) == History()


def test_another_service_has_no_past() -> None:
    """One under another name or in another project, or a function that was made anew; old outputs do not say whose."""
    past = History("2", (ONE, TWO), "1", "shop-1a2b3c4")

    assert past.of("shop-1a2b3c4") == past
    assert past.of("shop-5d6e7f8") == History(service="shop-5d6e7f8")
    assert PAST.of("shop-5d6e7f8") == PAST


def after(past: History, version: str, digest: str, primary: str = "") -> list[Release]:
    """The releases after one more."""
    return past.after({"version": version, "digest": digest}, primary)


def test_a_release_is_added_once() -> None:
    """A deployment that makes no new version leaves the list as it is."""
    assert after(History(), "1", "sha256:one") == [ONE]
    assert after(History("1", (ONE,)), "1", "sha256:one") == [ONE]
    assert after(History("1", (ONE,)), "2", "sha256:two") == [ONE, TWO]


@PATIENT
@given(st.integers(0, 60), st.integers(0, 60))
def test_the_list_stays_short_and_keeps_what_has_the_traffic(count: int, promoted: int) -> None:
    """Twenty releases are kept in order, and one more where the one with the traffic is older than those."""
    releases = [{"version": str(number), "digest": f"sha256:{number}"} for number in range(count)]
    past = History(str(count - 1), tuple(releases))

    kept = [int(release["version"]) for release in after(past, "999", "sha256:999", str(promoted))]

    newest = [*range(max(0, count - KEPT + 1), count), 999]
    assert kept == ([promoted] if promoted < min(count, newest[0]) else []) + newest


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_a_pinned_release_stays_known_however_old_it_is(platform: str, cloud: Cloud) -> None:
    """The next `up` reads the same pin again, so the release has to be on the list of this one."""
    cloud.earlier = [str(number) for number in range(1, KEPT + 1)]
    past = History(
        str(KEPT), tuple({"version": version, "digest": f"sha256:{version}"} for version in cloud.earlier)
    )
    pinned = service(platform, pin="1")

    outputs = run(pinned, past=past, cloud=cloud).outputs

    assert outputs["promoted"] == "1"
    assert History(outputs["promoted"], outputs["releases"]).primary(pinned) == "1"


SHARES = [
    ({}, None, 100),
    ({"canaryPercent": 10}, "2", 10),
    ({"canaryPercent": 99}, "2", 99),
    ({"canaryPercent": 0}, "2", 0),
    ({"pin": "1"}, "1", 0),
    ({"pin": "1", "canaryPercent": 10}, "1", 0),
]


@pytest.mark.parametrize(("settings", "primary", "share"), SHARES)
def test_lambda_shares_by_the_alias(
    settings: dict[str, object], primary: str | None, share: int, cloud: Cloud
) -> None:
    """The alias names what stays, and beside it the newest version with its share."""
    cloud.earlier = ["1", "2", "3"]

    graph = run(service("aws", **settings), past=PAST, cloud=cloud)

    alias = graph.one("lambda/alias:Alias").inputs
    expected = {"additionalVersionWeights": {"4": share / 100}} if primary and share else None
    assert (alias["functionVersion"], alias.get("routingConfig")) == (primary or "4", expected)
    assert graph.outputs["promoted"] == (primary or "4")
    assert [release["version"] for release in graph.outputs["releases"]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(("settings", "primary", "share"), SHARES)
def test_cloud_run_shares_by_its_traffic(
    settings: dict[str, object], primary: str | None, share: int, cloud: Cloud
) -> None:
    """The service names what stays as a revision, and the newest as the newest, so that its name is not needed."""
    cloud.earlier = ["1", "2", "3"]

    graph = run(service("gcp", **settings), past=PAST, cloud=cloud)

    latest = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": share}
    stays = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": primary, "percent": 100 - share}
    expected = ([stays] if primary else []) + ([latest] if share else [])
    assert graph.one("cloudrunv2/service:Service").inputs["traffics"] == expected
    assert graph.outputs["promoted"] == (primary or "demo-gcp-00004-abc")
    assert graph.outputs["releases"][-1]["version"] == "demo-gcp-00004-abc"


def test_the_newest_version_is_never_its_own_canary(cloud: Cloud) -> None:
    """AWS refuses an alias whose two versions are one, so nothing is shared where nothing is new."""
    graph = run(service("aws", canaryPercent=10), past=History("1", (ONE,)), cloud=cloud)

    alias = graph.one("lambda/alias:Alias").inputs
    assert (alias["functionVersion"], alias.get("routingConfig")) == ("1", None)


def test_the_image_of_a_release_is_known_by_its_digest(cloud: Cloud) -> None:
    """Every release tells its digest, so that a person can pin by what is in `docker` or in a report."""
    for platform in platforms.NAMES:
        graph = usual(platform)

        assert graph.outputs["releases"][-1]["digest"] == graph.outputs["image"].partition("@")[2]


@pytest.mark.parametrize(
    ("reasons", "asked"),
    [
        ([], 1),
        (["failed to load checkpoint: EOF", "failed to load checkpoint: unexpected EOF"], 3),
        (["unknown stack"], 1),
    ],
)
def test_a_state_that_is_just_being_written_is_read_again(
    monkeypatch: pytest.MonkeyPatch, reasons: list[str], asked: int
) -> None:
    """Seen with a folder for the state: the engine writes the stack's own resource while the program asks."""
    calls: list[str] = []

    async def invoke(_: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        calls.append(inputs["name"])
        if len(calls) <= len(reasons):
            raise RuntimeError(reasons[len(calls) - 1])
        return {"outputs": {"promoted": "2"}}

    monkeypatch.setattr(pulumi.runtime, "invoke_async", invoke)
    read = releases._outputs("organization/demo/aws")

    if asked > len(reasons):
        assert asyncio.run(read) == {"promoted": "2"}
    else:
        with pytest.raises(RuntimeError, match=reasons[0]):
            asyncio.run(read)
    assert calls == ["organization/demo/aws"] * asked
