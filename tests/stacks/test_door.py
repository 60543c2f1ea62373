"""The aws stack by its door: an HTTP API, or a function URL that streams; and the path for events that are no HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.graph import Graph, run, service
from tests.stacks.inline import InlineStack
from tests.stacks.moto_cloud import Moto
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_models import said

URL: dict[str, Any] = {"door": "function-url"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A stack with a function URL."""
    return run(service("aws", **URL, timeout=900, eventsPath="/events/", alarmEmail="ops@example.com"))


def test_a_function_url_takes_the_place_of_the_http_api_and_of_its_log(graph: Graph) -> None:
    assert not [node.type for node in graph.nodes if "apigatewayv2" in node.type]
    assert len(graph.of("cloudwatch/logGroup:LogGroup")) == 1
    assert graph.one("lambda/functionUrl:FunctionUrl").inputs == {
        "functionName": graph.one("lambda/function:Function").id,
        "qualifier": "live",
        "authorizationType": "NONE",
        "invokeMode": "RESPONSE_STREAM",
    }
    assert said(graph) == []


def test_its_url_is_the_stacks_without_a_slash_at_the_end(graph: Graph) -> None:
    url = graph.cloud.one("aws:lambda/functionUrl:FunctionUrl").outputs["functionUrl"]

    assert graph.outputs["url"] == url.removesuffix("/")
    assert url.endswith(".on.aws/")


def test_everyone_has_both_rights_that_a_function_url_needs(graph: Graph) -> None:
    """Of the second one only through the URL: the function itself is nobody's to invoke."""
    function = graph.one("lambda/function:Function").id
    same = {"function": function, "qualifier": "live", "principal": "*"}

    rights = [node.inputs for node in graph.of("lambda/permission:Permission")]

    assert sorted(rights, key=lambda right: right["action"]) == [
        {**same, "action": "lambda:InvokeFunction", "invokedViaFunctionUrl": True},
        {**same, "action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "NONE"},
    ]


def test_a_private_url_asks_iam_and_gives_nobody_a_right() -> None:
    graph = run(service("aws", **URL, access="private"))

    assert graph.one("lambda/functionUrl:FunctionUrl").inputs["authorizationType"] == "AWS_IAM"
    assert graph.of("lambda/permission:Permission") == []
    assert said(graph) == []


def test_the_function_streams_to_it_and_knows_the_path_of_its_events(graph: Graph) -> None:
    function = graph.one("lambda/function:Function").inputs

    assert function["timeout"] == 900
    assert function["environment"]["variables"] == {
        "INVOKE_MODE": "response_stream",
        "EVENTS_PATH": "/events",
    }


def test_the_alarm_counts_the_urls_own_failures(graph: Graph) -> None:
    alarm = graph.named("cloudwatch/metricAlarm:MetricAlarm", "demo-aws-errors")
    metrics = {query["id"]: query["metric"] for query in alarm.inputs["metricQueries"] if "metric" in query}

    function = {"FunctionName": graph.one("lambda/function:Function").id}
    assert {
        id_: (metric["namespace"], metric["metricName"], metric["dimensions"])
        for id_, metric in metrics.items()
    } == {
        "failures": ("AWS/Lambda", "Url5xxCount", function),
        "requests": ("AWS/Lambda", "UrlRequestCount", function),
    }


def test_behind_an_http_api_the_function_does_not_stream() -> None:
    graph = run(service("aws", eventsPath="/events"))

    assert graph.one("lambda/function:Function").inputs["environment"]["variables"] == {
        "EVENTS_PATH": "/events"
    }
    assert graph.of("lambda/functionUrl:FunctionUrl") == []


@pytest.mark.parametrize(
    ("platform", "config", "problem"),
    [
        ("aws", {"door": "url"}, "door: it is 'url'; AWS Lambda allows http-api, function-url"),
        (
            "gcp",
            URL,
            (
                "door: it is 'function-url'; Cloud Run has no such setting: there is one way in, and it streams. "
                "Type `pulumi config rm door`"
            ),
        ),
        (
            "ecs",
            {"eventsPath": "/events"},
            (
                "eventsPath: it is '/events'; ECS Express Mode has no such setting: all that comes in there is HTTP: "
                "let Pub/Sub, EventBridge or a scheduler send a request to a route. Type `pulumi config rm eventsPath`"
            ),
        ),
        (
            "aws",
            {"eventsPath": "events"},
            "eventsPath: it is 'events'; allowed is a path of the app below its root, such as /events",
        ),
        (
            "aws",
            {"timeout": 60},
            (
                "timeout: it is 60; an HTTP API allows 1 to 29, a function URL more: "
                "type `pulumi config set door function-url`"
            ),
        ),
        (
            "aws",
            {**URL, "timeout": 901},
            "timeout: it is 901; AWS Lambda allows 1 to 29, with a function URL to 900",
        ),
        (
            "aws",
            {**URL, "throttleRate": 5},
            (
                "throttleRate: it is 5; a function URL has no such setting: it throttles nothing; maxInstances bounds "
                "what it can cost. Type `pulumi config rm throttleRate`, or `pulumi config set door http-api`"
            ),
        ),
        (
            "aws",
            {**URL, "domain": "api.example.com"},
            (
                "domain: it is 'api.example.com'; a function URL has no such setting: it has only a name of AWS's; "
                "CloudFront before it, which this stack does not make, can have yours. "
                "Type `pulumi config rm domain`, or `pulumi config set door http-api`"
            ),
        ),
        (
            "aws",
            {**URL, "access": "jwt", "jwtIssuer": "https://login.example.com", "jwtAudience": "a"},
            (
                "access: it is 'jwt'; a function URL checks no tokens; let the app check them, "
                "or type `pulumi config set door http-api`"
            ),
        ),
        (
            "aws",
            {"environment": '{"INVOKE_MODE": "buffered"}'},
            "environment.INVOKE_MODE: this variable is set for AWS Lambda already",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_to_type(
    platform: str, config: dict[str, Any], problem: str
) -> None:
    found = problems(platform, **config)

    assert any(line.startswith(problem) for line in found), found


def test_the_url_reads_back(moto: Moto) -> None:
    """Moto knows the URL's settings and the first of the two rights."""
    graph = run(service("aws", **URL), cloud=moto)
    function = graph.one("lambda/function:Function").id

    config = moto.clients["lambda"].get_function_url_config(FunctionName=function, Qualifier="live")

    assert (config["AuthType"], config["InvokeMode"]) == ("NONE", "RESPONSE_STREAM")
    policy = json.loads(moto.clients["lambda"].get_policy(FunctionName=function, Qualifier="live")["Policy"])
    assert {statement["Action"] for statement in policy["Statement"]} == {
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
    }


def test_a_stack_changes_its_door_and_back_and_leaves_nothing(
    new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """On the real engine: the function and its releases stay, the URL is another. So with the path of its events."""
    stack = new_inline_stack("aws")
    stack.up()
    before = stack.outputs()
    function = cloud.one("aws:lambda/function:Function")
    assert "environment" not in function.inputs

    stack.set(door="function-url", timeout=300, eventsPath="/events/")
    stack.up()
    url = stack.outputs()["url"]
    stack.up("--expect-no-changes")
    made = {resource.type for resource in cloud.resources.values()}
    changed = cloud.one("aws:lambda/function:Function")
    assert changed.id == function.id
    assert changed.inputs["environment"]["variables"] == {
        "INVOKE_MODE": "response_stream",
        "EVENTS_PATH": "/events",
    }

    assert url.endswith(".on.aws")
    assert "aws:lambda/functionUrl:FunctionUrl" in made
    assert not [type_ for type_ in made if "apigatewayv2" in type_]

    stack("config", "rm", "door")
    stack("config", "rm", "timeout")
    stack("config", "rm", "eventsPath")
    stack.up()
    assert "environment" not in cloud.one("aws:lambda/function:Function").inputs
    assert stack.outputs()["url"].startswith("https://")
    assert stack.outputs()["url"] != url
    assert before["platform"] == stack.outputs()["platform"]

    stack("destroy", "--yes")
    assert cloud.resources == {}
