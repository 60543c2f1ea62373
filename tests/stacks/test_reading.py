"""What each platform answers, in the provider's own types, turned into what runs."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp
import pytest

from stacks.apprunner.reading import running_of as apprunner_running
from stacks.aws.reading import shares_of, weights_of
from stacks.aws_shared.sizes import settings
from stacks.ecs.reading import running_of as ecs_running
from stacks.gcp.reading import running_of
from stacks.reading import read_at
from stacks.running import Running
from tests.stacks import google_cloud
from tests.stacks.cloud import Cloud
from tests.stacks.graph import run
from tests.stacks.graph import service as stack_service


def test_an_alias_shares_between_its_own_version_and_others() -> None:
    """AWS gives weights as parts of one, and none at all without a second version."""
    routing = aws.lambda_.outputs.AliasRoutingConfig(additional_version_weights={"3": 0.07})

    assert shares_of("2", weights_of(routing)) == {"2": 93, "3": 7}
    assert shares_of("2", weights_of(aws.lambda_.outputs.AliasRoutingConfig())) == {"2": 100}
    assert shares_of("2", weights_of(None)) == {"2": 100}


@pytest.mark.parametrize(
    ("cpu", "memory", "found"),
    [
        ("256", "512", {"cpu": "0.25", "memory": "512"}),
        ("0.25 vCPU", "0.5 GB", {"cpu": "0.25", "memory": "512"}),
        ("4096", "12288", {"cpu": "4", "memory": "12288"}),
        ("1 vCPU", "2 GB", {"cpu": "1", "memory": "2048"}),
        ("much", None, {}),
    ],
)
def test_amazons_sizes_are_one_however_they_are_told(
    cpu: str, memory: str | None, found: Mapping[str, str]
) -> None:
    """A size that cannot be read is no difference."""
    assert settings(cpu, memory) == found


def service(**changed: Any) -> Any:
    """A Cloud Run service with one revision, as the data source gives it."""

    class Answer:
        latest_created_revision = "projects/p/locations/l/services/shop/revisions/shop-2"
        latest_ready_revision = "projects/p/locations/l/services/shop/revisions/shop-2"
        traffic_statuses = (traffic("TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "", 100),)
        traffics = ()
        templates = (Template(),)

    answer = Answer()
    for name, value in changed.items():
        setattr(answer, name, value)
    return answer


def traffic(type_: str, revision: str, percent: int) -> Any:
    """A share of the traffic."""
    return gcp.cloudrunv2.outputs.GetServiceTrafficStatusResult(
        type=type_, revision=revision, percent=percent, tag="", uri=""
    )


class _Named:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Template(_Named):
    """A revision's template."""

    def __init__(self, cpu: str = "1", memory: str = "512Mi") -> None:
        """Two variables, one of them a secret."""
        container = _Named(
            image="us-docker.pkg.dev/p/shop/app@sha256:abc",
            resources=[_Named(limits={"cpu": cpu, "memory": memory})],
            envs=[
                _Named(name="LOG_LEVEL", value="debug", value_sources=[]),
                _Named(name="API_KEY", value="", value_sources=[_Named(secret_key_refs=[])]),
            ],
        )
        super().__init__(timeout="60s", max_instance_request_concurrency=80, containers=[container])


def test_a_service_tells_its_newest_revision_and_its_share() -> None:
    """A secret is no variable with a value, and the newest of the traffic is the newest that is ready."""
    running = running_of(service())

    assert (running.newest, running.ready, running.shares) == ("shop-2", "shop-2", {"shop-2": 100})
    assert running.image == "us-docker.pkg.dev/p/shop/app@sha256:abc"
    assert running.settings == {"cpu": "1", "memory": "512", "timeout": "60s", "concurrency": "80"}
    assert running.variables == {"LOG_LEVEL": "debug"}


def test_shares_of_one_revision_add_up_whatever_they_are_called() -> None:
    """Cloud Run may name the newest by itself or as the newest."""
    latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    named = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
    statuses = [traffic(named, "shop-1", 90), traffic(latest, "", 5), traffic(named, "shop-2", 5)]

    assert running_of(service(traffic_statuses=statuses)).shares == {"shop-1": 90, "shop-2": 10}


def test_a_revision_that_is_not_ready_has_no_share() -> None:
    """What is sent to the newest goes to the one before."""
    running = running_of(
        service(latest_created_revision="projects/p/locations/l/services/shop/revisions/shop-3")
    )

    assert (running.newest, running.ready, running.shares) == ("shop-3", "shop-2", {"shop-2": 100})


def test_a_service_without_any_ready_revision_has_none() -> None:
    """The first deployment failed."""
    assert running_of(service(latest_ready_revision="")).ready == "none"


@pytest.mark.parametrize(
    ("cpu", "memory", "found"),
    [("1000m", "1Gi", ("1", "1024")), ("80m", "128Mi", ("0.08", "128")), ("2", "odd", ("2", None))],
)
def test_cloud_runs_sizes_are_one_however_they_are_told(
    cpu: str, memory: str, found: tuple[str, str | None]
) -> None:
    """Thousandths of a CPU and whole ones, mebibytes and gibibytes."""
    told = running_of(service(templates=[Template(cpu, memory)])).settings

    assert (told.get("cpu"), told.get("memory")) == found


def test_app_runner_and_ecs_say_their_image_and_their_variables() -> None:
    """The release is the digest; a container without variables has none."""
    configuration = aws.apprunner.outputs.ServiceSourceConfigurationImageRepositoryImageConfiguration(
        runtime_environment_variables={"LOG_LEVEL": "debug"}
    )
    repository = aws.apprunner.outputs.ServiceSourceConfigurationImageRepository(
        image_identifier="r@sha256:abc", image_repository_type="ECR", image_configuration=configuration
    )
    source = aws.apprunner.outputs.ServiceSourceConfiguration(image_repository=repository)
    variable = aws.ecs.outputs.ExpressGatewayServicePrimaryContainerEnvironment(
        name="LOG_LEVEL", value="debug"
    )
    container = aws.ecs.outputs.ExpressGatewayServicePrimaryContainer(
        image="r@sha256:abc", environments=[variable]
    )
    bare = aws.ecs.outputs.ExpressGatewayServicePrimaryContainer(image="r@sha256:abc")

    expected = Running("sha256:abc", "r@sha256:abc", {}, {"LOG_LEVEL": "debug"}, {"sha256:abc": 100})
    assert apprunner_running(source) == ecs_running(container) == expected
    assert ecs_running(bare) == replace(expected, variables={})


def test_an_answer_that_cannot_be_understood_is_one_sentence(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Cloud Run or its provider may leave out some day."""
    name = "gcp:cloudrunv2/getService:getService"
    query = google_cloud.INVOKES[name]
    monkeypatch.setitem(google_cloud.INVOKES, name, lambda *asked: query(*asked) | {"templates": []})

    with pytest.raises(pulumi.RunError, match=r"^Cloud Run does not say what it runs \("):
        run(stack_service("gcp"), cloud=cloud)


def test_nothing_is_read_of_what_is_not_there() -> None:
    """Its id is unknown in an `up --target` that leaves it out, before it was ever made."""
    asked = list[str]()

    def read(id_: str) -> pulumi.Output[str]:
        asked.append(id_)
        return pulumi.Output.from_input(f"what {id_} is")

    async def reading(*, is_known: bool) -> tuple[str | None, bool]:
        id_ = pulumi.Output[str](set(), _given("an id"), _given(is_known))
        told = read_at(id_, read)
        return await told.future(), await told.is_known()

    assert asyncio.run(reading(is_known=True)) == ("what an id is", True)
    assert asyncio.run(reading(is_known=False)) == (None, False)
    assert asked == ["an id"]


async def _given(value: Any) -> Any:
    return value
