"""Deletes, by a schedule, versions that are not needed but cost money because Lambda keeps a snapshot of each.

It keeps the newest version, the one with the traffic and the one that had it before, for a roll back. The
function's resource publishes versions and never deletes one; AWS itself refuses to delete one that an alias names.
"""

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from stacks.aws.scheduler import scheduler_role
from stacks.aws_shared.iam import partition
from stacks.releases import History, Release
from stacks.settings import Service


def remove_unneeded(
    service: Service,
    past: History,
    function: "aws.lambda_.Function",
    alias: "aws.lambda_.Alias",
    newest: pulumi.Output[str],
) -> None:
    """Let the account's scheduler delete the versions that `past` and the newest version do not need.

    These versions are known when the newest one is. In a preview it may be unknown; then only the deletions of the last
    `up` are asked for, which is right if nothing is new.
    """
    if not (service.snap_start or any("snapshot" in release for release in past.releases)):
        return
    name = f"{service.name}-remove"
    # Only of a version: the function itself has an ARN without a qualifier.
    versions = function.arn.apply(lambda arn: f"{arn}:*")
    account = aws.get_caller_identity_output().account_id
    role, right = scheduler_role(service, name, account, "lambda:DeleteFunction", versions)

    def schedules(releases: Sequence[Release]) -> None:
        for version in (release["version"] for release in releases if "removed" in release):
            aws.scheduler.Schedule(
                f"{name}-{version}",
                # At once and, if that failed, the next day; what is deleted already is not found, which costs nothing.
                schedule_expression="rate(1 days)",
                flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                target=aws.scheduler.ScheduleTargetArgs(
                    arn=f"arn:{partition(service.region)}:scheduler:::aws-sdk:lambda:deleteFunction",
                    role_arn=role.arn,
                    input=function.name.apply(
                        lambda name, version=version: json.dumps({"FunctionName": name, "Qualifier": version})
                    ),
                    retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(maximum_retry_attempts=0),
                ),
                opts=pulumi.ResourceOptions(depends_on=[right, alias]),
            )

    if pulumi.runtime.is_dry_run():
        schedules(past.releases)
        return
    pulumi.Output.all(function.name, newest).apply(
        lambda got: schedules(_after(past.of(got[0]), got[1], service))
    )


def _after(past: History, newest: str, service: Service) -> Sequence[Release]:
    return past.after({"version": newest}, past.primary(service) or newest)
