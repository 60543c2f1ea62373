"""Who may call: everyone, whoever has a token of the issuer, or identities that the cloud's own IAM knows."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.graph import run, service
from tests.stacks.inline import InlineStack
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_models import said

JWT = {"access": "jwt", "jwtIssuer": "https://login.example.com", "jwtAudience": "shop, api"}
INVOKERS = {"access": "private", "invokers": "user:ann@example.com, group:ops@example.com"}


def test_a_token_of_the_issuer_is_asked_of_every_request() -> None:
    """By the HTTP API itself, on its only route; the token is where clients put it."""
    graph = run(service("aws", **JWT))
    authorizer, route = graph.one("apigatewayv2/authorizer:Authorizer"), graph.one("apigatewayv2/route:Route")

    assert authorizer.inputs == {
        "name": "demo-aws",
        "apiId": graph.one("apigatewayv2/api:Api").id,
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"issuer": "https://login.example.com", "audiences": ["shop", "api"]},
    }
    assert (route.inputs["routeKey"], route.inputs["authorizationType"], route.inputs["authorizerId"]) == (
        "$default",
        "JWT",
        authorizer.id,
    )
    assert said(graph) == []


def test_private_on_aws_asks_for_requests_signed_by_an_identity_of_the_account() -> None:
    """Without an authorizer of one's own."""
    graph = run(service("aws", access="private"))

    assert graph.one("apigatewayv2/route:Route").inputs["authorizationType"] == "AWS_IAM"
    assert graph.of("apigatewayv2/authorizer:Authorizer") == []
    assert said(graph) == []


def test_private_on_cloud_run_lets_the_invokers_in_and_no_one_else() -> None:
    """IAM is asked, and each member gets the one role that calls."""
    graph = run(service("gcp", **INVOKERS))

    assert graph.one("cloudrunv2/service:Service").inputs["invokerIamDisabled"] is False
    assert {
        (node.inputs["name"], node.inputs["role"], node.inputs["member"])
        for node in graph.of("cloudrunv2/serviceIamMember:ServiceIamMember")
    } == {
        ("demo-gcp", "roles/run.invoker", member)
        for member in ("user:ann@example.com", "group:ops@example.com")
    }
    assert said(graph) == []


@pytest.mark.parametrize(
    ("platform", "config", "problem"),
    [
        ("aws", {"access": "open"}, "access: it is 'open'; AWS Lambda allows public, jwt, private"),
        (
            "gcp",
            {"access": "jwt"},
            "access: it is 'jwt'; Cloud Run allows public, or private with Google's identity tokens",
        ),
        (
            "apprunner",
            {"access": "private"},
            (
                "access: it is 'private'; App Runner has no such setting: its URL is open to all; closed it would be "
                "reached from a VPC only, which this stack does not make. Type `pulumi config rm access`"
            ),
        ),
        (
            "aws",
            {"access": "jwt", "jwtIssuer": "https://login.example.com"},
            "jwtAudience: it is not set, and access is jwt; type `pulumi config set jwtAudience my-api`",
        ),
        (
            "aws",
            {**JWT, "jwtIssuer": "login.example.com"},
            (
                "jwtIssuer: it is 'login.example.com'; allowed is the `iss` of the tokens, "
                "such as https://login.example.com"
            ),
        ),
        (
            "aws",
            {"jwtAudience": "shop"},
            "jwtAudience: it is 'shop', but access is public; type `pulumi config set access jwt`",
        ),
        (
            "gcp",
            {"invokers": "user:ann@example.com"},
            (
                "invokers: they are 'user:ann@example.com', but access is public; "
                "type `pulumi config set access private`"
            ),
        ),
        (
            "gcp",
            {"access": "private", "invokers": "allUsers"},
            (
                "invokers: one is 'allUsers'; allowed are user:, group: or serviceAccount: with an address, "
                "and domain:"
            ),
        ),
    ],
)
def test_a_mistake_names_the_key_and_what_is_allowed(
    platform: str, config: dict[str, object], problem: str
) -> None:
    """A key that would do nothing is refused too, or a service would be open that someone took for closed."""
    assert problems(platform, **config) == [problem]


@pytest.mark.parametrize(("platform", "closed"), [("aws", JWT), ("gcp", INVOKERS)])
def test_a_stack_is_closed_and_opened_again_on_the_engine(
    platform: str, closed: dict[str, Any], new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """Each way in one `up`, at the same URL, with nothing left of it afterwards."""
    stack = new_inline_stack(platform)
    if platform == "gcp":
        stack.set(gcp__project="my-project")
    stack.up()
    url, before = stack.outputs()["url"], set(cloud.resources)

    stack.set(**closed)
    stack.up()
    assert set(cloud.resources) > before
    stack.up("--expect-no-changes")

    for key in closed:
        stack("config", "rm", key)
    stack.up()
    assert (stack.outputs()["url"], set(cloud.resources)) == (url, before)

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})
