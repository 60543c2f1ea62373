"""A function URL in front of the alias: it streams, has no limit of 30 seconds, costs nothing, throttles nothing."""

import pulumi
import pulumi_aws as aws

from stacks.aws.door import Door
from stacks.settings import Service


def open_door(service: Service, function: "aws.lambda_.Function", alias: "aws.lambda_.Alias") -> Door:
    """The URL, open to everyone or, with access private, to identities of this AWS account."""
    is_private = service.access == "private"
    url = aws.lambda_.FunctionUrl(
        service.name,
        function_name=function.name,
        qualifier=alias.name,
        authorization_type="AWS_IAM" if is_private else "NONE",
        invoke_mode="RESPONSE_STREAM",
    )
    if not is_private:
        # Since October 2025 a URL needs both rights: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html. Identities of
        # the account have them by their own policies.
        aws.lambda_.Permission(
            f"{service.name}-url",
            action="lambda:InvokeFunctionUrl",
            function=function.name,
            qualifier=alias.name,
            principal="*",
            function_url_auth_type="NONE",
            opts=pulumi.ResourceOptions(depends_on=[url]),
        )
        aws.lambda_.Permission(
            f"{service.name}-invoke",
            action="lambda:InvokeFunction",
            function=function.name,
            qualifier=alias.name,
            principal="*",
            invoked_via_function_url=True,
            opts=pulumi.ResourceOptions(depends_on=[url]),
        )
    return Door(
        url=url.function_url.apply(lambda text: text.rstrip("/")),
        dns_records=None,
        namespace="AWS/Lambda",
        metrics=("Url5xxCount", "UrlRequestCount"),
        dimensions={"FunctionName": function.name},
    )
