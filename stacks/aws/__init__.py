"""AWS Lambda behind an HTTP API or a function URL: without requests, only the stored image costs anything."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from stacks.aws import function_url, http_api, kept_ready
from stacks.aws.reading import checked, read_back
from stacks.aws.snapshots import remove_unneeded
from stacks.aws.wake_up import wake_up
from stacks.aws_shared import alarms, ecr, secrets
from stacks.aws_shared.iam import assumed_by, partition, policy
from stacks.deployment import Deployment
from stacks.releases import History
from stacks.settings import Service


def deploy(service: Service, past: History) -> Deployment:
    """Every resource of the stack, in the order in which they need each other."""
    # An unknown `pin` ends the `up` here, before any change.
    kept_ready.check(service, past, past.primary(service))
    canary = 0 if service.pin else service.canary_percent
    account = aws.get_caller_identity_output().account_id
    tags = service.labels

    # The image. Lambda pulls it by a right of the repository, not of the function's role.
    repository = ecr.repository(service)
    may_pull = aws.ecr.RepositoryPolicy(
        service.name,
        repository=repository.repository.name,
        policy=account.apply(lambda number: _lambda_pulls(service.region, number)),
    )
    pushed = ecr.push(service, repository.url)

    # The function's log, made here so that its entries expire, and the function's rights.
    log_group = aws.cloudwatch.LogGroup(
        service.name,
        name_prefix=f"/aws/lambda/{service.name}-",
        retention_in_days=service.log_days,
        tags=tags,
    )
    role = aws.iam.Role(service.name, assume_role_policy=assumed_by("lambda.amazonaws.com"), tags=tags)
    rights = aws.iam.RolePolicy(
        service.name,
        role=role.name,
        policy=pulumi.Output.all(log_group.arn, account).apply(lambda got: _rights(service, *got)),
    )
    parameters = secrets.keep(service)
    environment = _environment(service, secrets.versions(parameters))

    # The function. Each change of it publishes a version, and the alias says which versions answer.
    function = aws.lambda_.Function(
        service.name,
        package_type="Image",
        image_uri=pushed.reference,
        architectures=["arm64" if service.architecture == "arm64" else "x86_64"],
        role=role.arn,
        memory_size=service.memory,
        timeout=service.timeout,
        reserved_concurrent_executions=service.max_instances,
        logging_config=aws.lambda_.FunctionLoggingConfigArgs(
            log_format="JSON", log_group=log_group.name, application_log_level="INFO", system_log_level="INFO"
        ),
        environment=aws.lambda_.FunctionEnvironmentArgs(variables=environment) if environment else None,
        tracing_config=aws.lambda_.FunctionTracingConfigArgs(
            mode="Active" if service.tracing else "PassThrough"
        ),
        # With SnapStart AWS keeps a snapshot of an initialised instance of each version.
        snap_start=aws.lambda_.FunctionSnapStartArgs(apply_on="PublishedVersions")
        if service.snap_start
        else None,
        publish=True,
        tags=tags,
        opts=pulumi.ResourceOptions(depends_on=[rights, may_pull, *parameters.values()]),
    )
    # The published version, as Lambda describes it: if it is not as asked for, it gets no traffic.
    published = checked(service, pushed, function, environment)
    # The version that keeps the traffic beside a canary. A function that is made anew, or has another name, has none.
    history = function.name.apply(past.of)
    primary = history.apply(lambda past: past.primary(service))
    serving = primary.apply(lambda version: version or published.newest)
    kept = kept_ready.keep_ready(service, function, serving)
    alias = aws.lambda_.Alias(
        service.name,
        name="live",
        function_name=function.name,
        function_version=serving,
        routing_config=pulumi.Output.all(primary, published.newest).apply(
            lambda got: _canary(got[0], got[1], canary)
        ),
        opts=pulumi.ResourceOptions(depends_on=[kept] if kept else None),
    )

    # Each snapshot is paid for as long as its version is there.
    remove_unneeded(service, past, function, alias, published.newest)

    # The door, through which every method and path, the root included, goes to the alias.
    open_door = function_url.open_door if service.door == "function-url" else http_api.open_door
    door = open_door(service, function, alias)

    # The alarms, and the weekly call that keeps an idle function from going Inactive.
    if service.alarm_email:
        topic = alarms.topic(service)
        alarms.error_rate(service, topic, door.namespace, door.metrics, door.dimensions)
        alarms.throttled(service, topic, function.name)
    alarms.budget(service)
    if service.wake_up:
        wake_up(service, alias, account)

    return Deployment(
        url=door.url,
        service=function.name,
        outcome=read_back(service, history, published, alias, kept, canary),
        region=service.region,
        logs=pulumi.Output.concat("aws logs tail ", log_group.name, f" --follow --region {service.region}"),
        console=pulumi.Output.concat(
            f"https://{service.region}.console.aws.amazon.com/lambda/home?region={service.region}#/functions/",
            function.name,
        ),
        custom_url=f"https://{service.domain}" if service.domain else None,
        dns_records=door.dns_records,
    )


def _canary(primary: str | None, newest: str, percent: int) -> "aws.lambda_.AliasRoutingConfigArgs | None":
    # AWS refuses a second version that equals the first, or that has no share.
    if primary in (None, newest) or percent == 0:
        return None
    return aws.lambda_.AliasRoutingConfigArgs(additional_version_weights={newest: percent / 100})


def _lambda_pulls(region: str, account: str) -> str:
    functions = f"arn:{partition(region)}:lambda:{region}:{account}:function:*"
    return policy(
        {
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {"StringLike": {"aws:sourceArn": functions}},
        }
    )


def _environment(
    service: Service, parameters: Mapping[str, pulumi.Output[str]]
) -> dict[str, pulumi.Input[str]]:
    """The app's settings, the door's, and the place of secrets for serve/secrets.py, because Lambda hands out none."""
    environment: dict[str, pulumi.Input[str]] = dict(service.variables.plain)
    if service.door == "function-url":
        environment["INVOKE_MODE"] = "response_stream"
    if service.events_path:
        environment["EVENTS_PATH"] = service.events_path
    places = {**secrets.names(service), **parameters}
    if places:
        environment["SECRETS_FROM"] = pulumi.Output.json_dumps(places)
    return environment


def _rights(service: Service, log_group: str, account: str) -> str:
    logs = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{log_group}:*"}
    # X-Ray knows no resources, so its rights cannot be narrowed.
    traces = {"Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}
    reads = secrets.rights(service, account, borrowed=True)
    return policy(logs, *([traces] if service.tracing else []), *reads)
