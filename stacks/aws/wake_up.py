"""A call a week, so that an unused function does not go Inactive: its next caller would get an error.

Lambda takes a function of an image back after some weeks without a call:
https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html.
"""

import json

import pulumi
import pulumi_aws as aws

from stacks.aws.scheduler import scheduler_role
from stacks.settings import Service

# No HTTP request, so the door answers it without the app.
EVENT = json.dumps({"wakeUp": True})


def wake_up(service: Service, alias: "aws.lambda_.Alias", account: pulumi.Output[str]) -> None:
    """Call `alias` once a week, by a role that may do nothing else."""
    name = f"{service.name}-wake-up"
    role, right = scheduler_role(service, name, account, "lambda:InvokeFunction", alias.arn)
    aws.scheduler.Schedule(
        name,
        schedule_expression="rate(7 days)",
        # At any time within the hour.
        flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(
            mode="FLEXIBLE", maximum_window_in_minutes=60
        ),
        target=aws.scheduler.ScheduleTargetArgs(arn=alias.arn, role_arn=role.arn, input=EVENT),
        opts=pulumi.ResourceOptions(depends_on=[right]),
    )
