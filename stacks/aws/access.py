"""Whom the HTTP API lets through: everyone, callers with a token of the issuer, or identities of this AWS account."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from stacks.settings import Service
from stacks.settings.access import items


class Authorization(TypedDict, total=False):
    """The arguments of a route that let only some requests through; without any it lets all through."""

    authorization_type: str
    authorizer_id: pulumi.Input[str]


def authorization(service: Service, api: "aws.apigatewayv2.Api") -> Authorization:
    """The authorization that `service.access` asks for. A request that the HTTP API refuses starts no instance."""
    if service.access == "private":
        return {"authorization_type": "AWS_IAM"}
    if service.access != "jwt":
        return {}
    authorizer = aws.apigatewayv2.Authorizer(
        service.name,
        name=service.name,
        api_id=api.id,
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration=aws.apigatewayv2.AuthorizerJwtConfigurationArgs(
            issuer=service.jwt_issuer, audiences=items(service.jwt_audience)
        ),
    )
    return {"authorization_type": "JWT", "authorizer_id": authorizer.id}
