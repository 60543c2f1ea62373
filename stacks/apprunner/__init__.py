"""App Runner: it always keeps an instance. Only for accounts that used it before 30 April 2026."""

import pulumi
import pulumi_aws as aws

import platforms
from stacks.apprunner.domain import join_domain
from stacks.apprunner.reading import read_back
from stacks.aws_shared import alarms, ecr, secrets
from stacks.aws_shared.iam import assumed_by, policy
from stacks.deployment import Deployment
from stacks.releases import History
from stacks.settings import Service


def deploy(service: Service, past: History) -> Deployment:
    """Every resource of the stack, in the order in which they need each other.

    An account that never used App Runner is refused at the service, after all that the service needs has been made.
    `pulumi destroy` then takes that away; otherwise the stored image would cost cents.
    """
    tags, account = service.labels, aws.get_caller_identity_output().account_id
    past = past.of(service.name)
    if not past.releases:
        pulumi.log.warn(
            "AWS closed App Runner to new customers on 30 April 2026. An account that never used it is refused when "
            "the service is made; then `pulumi destroy` takes away what was made before."
        )

    # The role that pulls the image. It comes before the image, because a new role is not known everywhere for some
    # seconds, and building takes longer than that.
    repository = ecr.repository(service)
    access = aws.iam.Role(
        f"{service.name}-access", assume_role_policy=assumed_by("build.apprunner.amazonaws.com"), tags=tags
    )
    may_pull = aws.iam.RolePolicy(
        f"{service.name}-access",
        role=access.name,
        policy=ecr.source(service, repository).apply(
            lambda arn: policy(*ecr.pulls(arn, "ecr:DescribeImages"))
        ),
    )
    pushed = ecr.push(service, repository.url, [may_pull])

    # The service's own role at AWS: it may read the service's secrets, and nothing if there are none.
    instance = aws.iam.Role(
        f"{service.name}-instance", assume_role_policy=assumed_by("tasks.apprunner.amazonaws.com"), tags=tags
    )

    parameters = secrets.keep(service)
    before: list[pulumi.Resource] = [may_pull, *parameters.values()]
    if service.variables.has_secrets:
        before.append(
            aws.iam.RolePolicy(
                f"{service.name}-instance",
                role=instance.name,
                policy=account.apply(lambda number: policy(*secrets.rights(service, number, borrowed=False))),
            )
        )

    variables = secrets.stamped(_variables(service), secrets.versions(parameters))
    scaling = aws.apprunner.AutoScalingConfigurationVersion(
        service.name,
        auto_scaling_configuration_name=service.name,
        min_size=service.min_instances,
        max_size=service.max_instances,
        max_concurrency=service.concurrency,
        tags=tags,
    )
    app_runner = aws.apprunner.Service(
        service.name,
        service_name=service.name,
        source_configuration=aws.apprunner.ServiceSourceConfigurationArgs(
            authentication_configuration=aws.apprunner.ServiceSourceConfigurationAuthenticationConfigurationArgs(
                access_role_arn=access.arn
            ),
            # The digest decides which image runs, not the last push.
            auto_deployments_enabled=False,
            image_repository=aws.apprunner.ServiceSourceConfigurationImageRepositoryArgs(
                image_identifier=pushed.reference,
                image_repository_type="ECR",
                image_configuration=aws.apprunner.ServiceSourceConfigurationImageRepositoryImageConfigurationArgs(
                    port=str(platforms.limit("apprunner", "port")),
                    runtime_environment_variables=variables,
                    runtime_environment_secrets=account.apply(lambda number: secrets.arns(service, number))
                    if service.variables.has_secrets
                    else None,
                ),
            ),
        ),
        instance_configuration=aws.apprunner.ServiceInstanceConfigurationArgs(
            cpu=f"{(service.cpu or 0) * 1024:.0f}", memory=str(service.memory), instance_role_arn=instance.arn
        ),
        auto_scaling_configuration_arn=scaling.arn,
        health_check_configuration=aws.apprunner.ServiceHealthCheckConfigurationArgs(
            protocol="HTTP" if service.app.health else "TCP",
            path=service.app.health or None,
            interval=10,
            timeout=5,
            healthy_threshold=1,
            unhealthy_threshold=5,
        ),
        tags=tags,
        opts=pulumi.ResourceOptions(depends_on=before),
    )

    if service.alarm_email:
        alarms.error_rate(
            service,
            alarms.topic(service),
            "AWS/AppRunner",
            ("5xxStatusResponses", "Requests"),
            {"ServiceName": service.name, "ServiceID": app_runner.service_id},
        )
    alarms.budget(service)

    return Deployment(
        url=pulumi.Output.concat("https://", app_runner.service_url),
        service=service.name,
        outcome=read_back(service, past, pushed, app_runner, variables),
        region=service.region,
        logs=pulumi.Output.concat(
            f"aws logs tail /aws/apprunner/{service.name}/",
            app_runner.service_id,
            f"/application --follow --region {service.region}",
        ),
        console=pulumi.Output.concat(
            f"https://{service.region}.console.aws.amazon.com/apprunner/home?region={service.region}#/services/",
            app_runner.arn,
        ),
        custom_url=f"https://{service.domain}" if service.domain else None,
        dns_records=join_domain(service, app_runner) if service.domain else None,
    )


def _variables(service: Service) -> dict[str, str]:
    # As many threads as App Runner sends requests at once, or some would wait in the instance.
    return {**service.variables.plain, "THREADS": str(service.concurrency)}
