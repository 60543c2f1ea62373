"""One key sends traces: it decides what the image holds, and the app is told where to send them."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from stacks.settings import ConfigError
from tests.soak import drawn
from tests.stacks.cloud import IMAGE, Cloud
from tests.stacks.graph import Graph, run, service, usual
from tests.stacks.inline import InlineStack
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_models import said

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
URL = "https://collector.example.com"
OTHER = "http://collector:4318/otlp"
IN_ECR = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/a@sha256:{'0' * 64}"
PROMOTED = {
    "aws": IN_ECR,
    "apprunner": IN_ECR,
    "ecs": IN_ECR,
    "gcp": f"us-central1-docker.pkg.dev/my-project/a/app@sha256:{'0' * 64}",
}
each_platform = pytest.mark.parametrize("platform", platforms.NAMES)


def told(graph: Graph) -> Mapping[str, Any]:
    """The variables that an instance finds, on whichever platform."""
    if functions := graph.of("lambda/function:Function"):
        return functions[0].inputs.get("environment", {}).get("variables", {})
    if services := graph.of("apprunner/service:Service"):
        source = services[0].inputs["sourceConfiguration"]["imageRepository"]
        return source["imageConfiguration"]["runtimeEnvironmentVariables"]
    if services := graph.of("ecs/expressGatewayService:ExpressGatewayService"):
        environments = services[0].inputs["primaryContainer"]["environments"]
        return {entry["name"]: entry["value"] for entry in environments}
    (container,) = graph.one("cloudrunv2/service:Service").inputs["template"]["containers"]
    return {entry["name"]: entry.get("value") for entry in container["envs"]}


def built(graph: Graph) -> tuple[dict[str, str], str]:
    """The arguments of the build but its id, and the tag."""
    inputs = graph.one(IMAGE).inputs
    arguments = {name: value for name, value in inputs["buildArgs"].items() if name != "BUILD_ID"}
    return arguments, inputs["tags"][0].rpartition(":")[2]


@each_platform
def test_it_puts_opentelemetry_into_the_image_and_says_where_traces_go(platform: str) -> None:
    """The build's argument, another tag, the variable, and nothing else."""
    without, with_it = usual(platform), usual(platform, otlpEndpoint=URL)

    (arguments, tag), (traced, other_tag) = built(without), built(with_it)
    assert traced == arguments | {"OTEL": "on"}
    assert tag != other_tag
    assert told(with_it) == {**told(without), ENDPOINT: URL}
    assert with_it.types() == without.types()
    assert said(with_it) == []


@each_platform
def test_another_place_for_traces_needs_no_other_image(platform: str) -> None:
    """The image holds the exporter, not the address."""
    one, other = (usual(platform, otlpEndpoint=url) for url in (URL, OTHER))

    assert built(one) == built(other)
    assert told(other)[ENDPOINT] == OTHER


@each_platform
def test_headers_for_the_exporter_are_a_secret_beside_it(platform: str) -> None:
    """As docs/tracing.md says: the value is in no variable."""
    graph = run(
        service(platform, otlpEndpoint=URL, secretValues={"OTEL_EXPORTER_OTLP_HEADERS": "x-key=canary"})
    )

    assert told(graph)[ENDPOINT] == URL
    assert "canary" not in str(told(graph))


@pytest.mark.parametrize(
    "url",
    [
        "https://collector.example.com",
        "http://collector:4318",
        "http://10.0.0.1:4318/",
        "https://[2001:db8::1]:4318",
        "https://otlp-gateway.example.com/otlp",
    ],
)
def test_a_url_is_taken_as_it_stands(url: str) -> None:
    """With a path too, as vendors have it."""
    assert service("aws", otlpEndpoint=url).variables.plain == {ENDPOINT: url}


@pytest.mark.parametrize(
    "wrong",
    [
        "collector.example.com",
        "grpc://collector:4317",
        "https://",
        "https:///v1",
        "https://a b",
        "https://collector?key=1",
        "https://collector#a",
        "HTTPS://COLLECTOR",
    ],
)
@each_platform
def test_what_is_no_url_is_refused_with_one_that_is(platform: str, wrong: str) -> None:
    """Everywhere in the same words."""
    assert problems(platform, otlpEndpoint=wrong) == [
        f"otlpEndpoint: it is {wrong!r}; allowed is a URL such as https://collector.example.com"
    ]


def test_the_path_that_the_exporter_adds_is_told() -> None:
    """Otherwise every trace would go to /v1/traces/v1/traces."""
    assert problems("aws", otlpEndpoint="https://collector.example.com/otlp/v1/traces/") == [
        (
            "otlpEndpoint: it is 'https://collector.example.com/otlp/v1/traces/'; the exporter adds /v1/traces by "
            "itself, so type `pulumi config set otlpEndpoint https://collector.example.com/otlp`"
        )
    ]


def test_a_password_in_it_is_refused_and_not_shown() -> None:
    """It would be in the stack's file, in the state and in the console."""
    assert problems("aws", otlpEndpoint="https://me:canary@collector.example.com") == [
        (
            "otlpEndpoint: it has a name or a password in it, for everyone who sees the stack; take them out and type "
            "`pulumi config set --secret --path secretValues.OTEL_EXPORTER_OTLP_HEADERS`"
        )
    ]


@each_platform
def test_an_image_of_another_stack_is_as_it_was_built(platform: str) -> None:
    """The error says where to set it, and what to do here."""
    assert problems(platform, otlpEndpoint=URL, image=PROMOTED[platform]) == [
        (
            f"otlpEndpoint: it is {URL!r}, and the stack that built `image` decided whether OpenTelemetry is in it; "
            "set otlpEndpoint there. Here type `pulumi config rm otlpEndpoint` and "
            f"`pulumi config set --path environment.{ENDPOINT} {URL}`"
        )
    ]
    assert service(platform, image=PROMOTED[platform], environment={ENDPOINT: URL}).variables.plain == {
        ENDPOINT: URL
    }


@pytest.mark.parametrize("key", ["environment", "secretValues"])
def test_it_is_not_set_twice(key: str) -> None:
    """Which of them would hold could only be guessed."""
    assert problems("aws", otlpEndpoint=URL, **{key: {ENDPOINT: OTHER}}) == [
        f"{ENDPOINT}: it is in {key} and in otlpEndpoint; one of them has to go"
    ]


def test_it_takes_its_part_of_lambdas_environment() -> None:
    """4,096 bytes for all variables together."""
    room = 4096 - len("BIG" + ENDPOINT + URL)

    assert service("aws", otlpEndpoint=URL, environment={"BIG": "x" * room}).otlp_endpoint == URL
    assert problems("aws", otlpEndpoint=URL, environment={"BIG": "x" * (room + 1)}) == [
        "environment: it takes 4097 bytes with the names of the secrets; AWS Lambda allows 4096"
    ]


@settings(settings.get_profile("stacks"), max_examples=drawn(100))
@given(st.text(max_size=12) | st.text(max_size=12).map(lambda text: f"https://{text}"))
def test_any_text_is_a_place_for_traces_or_a_config_error(text: str) -> None:
    """Never a trace, and never a URL that is taken but cannot be one."""
    named = list[str]()
    try:
        taken = service("aws", otlpEndpoint=text).variables.plain
    except ConfigError as error:
        taken, named = {}, [problem.partition(":")[0] for problem in error.problems]

    assert named == ([] if taken or not text else ["otlpEndpoint"])
    assert all(urlsplit(url).hostname for url in taken.values())


def test_on_the_engine_it_is_a_rebuild_and_taken_back_the_earlier_image(
    new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """The steps of docs/tracing.md: set, deploy, take back."""
    stack = new_inline_stack("aws")
    stack.up()
    plain = stack.outputs()["image"]

    stack("config", "set", "otlpEndpoint", URL)
    stack.up()
    traced = stack.outputs()["image"]
    variables = cloud.one("aws:lambda/function:Function").inputs["environment"]["variables"]
    stack("config", "rm", "otlpEndpoint")
    stack.up()

    assert plain != traced
    assert variables == {ENDPOINT: URL}
    assert stack.outputs()["image"] == plain
    stack("destroy", "--yes", "--skip-preview")
