"""An HTTP API in front of the alias: it throttles, checks tokens, has an access log and takes a custom domain."""

import json

import pulumi
import pulumi_aws as aws

from stacks.aws.access import authorization
from stacks.aws.domain import join_domain
from stacks.aws.door import Door
from stacks.settings import Service


def open_door(service: Service, function: "aws.lambda_.Function", alias: "aws.lambda_.Alias") -> Door:
    """The API with its one route, and a stage that is deployed with it."""
    api = aws.apigatewayv2.Api(service.name, protocol_type="HTTP", tags=service.labels)
    permission = aws.lambda_.Permission(
        service.name,
        action="lambda:InvokeFunction",
        function=function.name,
        qualifier=alias.name,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, "/*/$default"),
    )
    integration = aws.apigatewayv2.Integration(
        service.name,
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_uri=alias.invoke_arn,
        payload_format_version="2.0",
    )
    route = aws.apigatewayv2.Route(
        service.name,
        api_id=api.id,
        route_key="$default",
        target=pulumi.Output.concat("integrations/", integration.id),
        **authorization(service, api),
    )
    # Under this prefix the service that delivers logs needs no policy of its own, whose size is limited.
    access_log = aws.cloudwatch.LogGroup(
        f"{service.name}-access",
        name_prefix=f"/aws/vendedlogs/{service.name}-",
        retention_in_days=service.log_days,
        tags=service.labels,
    )
    stage = aws.apigatewayv2.Stage(
        service.name,
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
            throttling_rate_limit=service.throttle_rate, throttling_burst_limit=service.throttle_burst
        ),
        access_log_settings=aws.apigatewayv2.StageAccessLogSettingsArgs(
            destination_arn=access_log.arn, format=ACCESS_LOG
        ),
        tags=service.labels,
        opts=pulumi.ResourceOptions(depends_on=[route, permission]),
    )
    return Door(
        url=api.api_endpoint,
        dns_records=join_domain(service, api, stage) if service.domain else None,
        namespace="AWS/ApiGateway",
        metrics=("5xx", "Count"),
        dimensions={"ApiId": api.id},
    )


ACCESS_LOG = json.dumps(
    {
        "time": "$context.requestTimeEpoch",
        "requestId": "$context.requestId",
        "sourceIp": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "latencyMs": "$context.responseLatency",
        "integrationLatencyMs": "$context.integrationLatency",
        "integrationError": "$context.integrationErrorMessage",
    }
)
