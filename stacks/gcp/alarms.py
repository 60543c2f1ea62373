"""Alarms at Google Cloud: an address, alerts that write to it, and a budget."""

import pulumi
import pulumi_gcp as gcp

from stacks.settings import Service

FIVE_MINUTES = "300s"
ERRORS = 0.05  # of the requests


def apis(service: Service) -> list[str]:
    """The APIs that have to be enabled for them."""
    bill = ["billingbudgets.googleapis.com"] if service.budget else []
    return ["monitoring.googleapis.com", *bill] if service.alarm_email else []


def watch(
    service: Service, project_number: pulumi.Output[str] | None, enabled: pulumi.ResourceOptions
) -> None:
    """Mail to `service.alarm_email` about failures, refused requests and, with a budget, the month's bill."""
    channel = gcp.monitoring.NotificationChannel(
        service.name,
        project=service.cloud_project,
        display_name=service.name,
        type="email",
        labels={"email_address": service.alarm_email},
        user_labels=service.labels,
        opts=enabled,
    )
    requests = (
        'metric.type = "run.googleapis.com/request_count" AND resource.type = "cloud_run_revision"'
        f' AND resource.labels.service_name = "{service.name}"'
    )
    count = {
        "alignment_period": FIVE_MINUTES,
        "per_series_aligner": "ALIGN_DELTA",
        "cross_series_reducer": "REDUCE_SUM",
    }
    summed = [gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(**count)]
    failures = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
        filter=f'{requests} AND metric.labels.response_code_class = "5xx"',
        aggregations=summed,
        denominator_filter=requests,
        denominator_aggregations=[
            gcp.monitoring.AlertPolicyConditionConditionThresholdDenominatorAggregationArgs(**count)
        ],
        comparison="COMPARISON_GT",
        threshold_value=ERRORS,
        duration="0s",
    )
    # Cloud Run answers 429 if no instance is left for a request.
    turned_away = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
        filter=f'{requests} AND metric.labels.response_code = "429"',
        aggregations=summed,
        comparison="COMPARISON_GT",
        threshold_value=0,
        duration="0s",
    )
    for name, words, condition in (
        ("errors", f"more than {ERRORS:.0%} of the requests failed in five minutes", failures),
        ("throttles", "requests were turned away: there was no instance left for them", turned_away),
    ):
        gcp.monitoring.AlertPolicy(
            f"{service.name}-{name}",
            project=service.cloud_project,
            display_name=f"{service.name}: {words}",
            combiner="OR",
            conditions=[
                gcp.monitoring.AlertPolicyConditionArgs(display_name=words, condition_threshold=condition)
            ],
            notification_channels=[channel.name],
            user_labels=service.labels,
            opts=enabled,
        )
    if service.budget is not None and project_number is not None:
        _budget(service, project_number, channel, enabled)


def _budget(
    service: Service,
    project_number: pulumi.Output[str],
    channel: "gcp.monitoring.NotificationChannel",
    enabled: pulumi.ResourceOptions,
) -> None:
    gcp.billing.Budget(
        service.name,
        billing_account=service.billing_account,
        display_name=service.name,
        # The API answers with the number, whatever it was sent, and a name would be a change in each `up`.
        budget_filter=gcp.billing.BudgetBudgetFilterArgs(
            projects=[pulumi.Output.concat("projects/", project_number)]
        ),
        amount=gcp.billing.BudgetAmountArgs(
            specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(units=f"{service.budget}")
        ),
        threshold_rules=[
            gcp.billing.BudgetThresholdRuleArgs(threshold_percent=1.0, spend_basis=basis)
            for basis in ("CURRENT_SPEND", "FORECASTED_SPEND")
        ],
        all_updates_rule=gcp.billing.BudgetAllUpdatesRuleArgs(
            monitoring_notification_channels=[channel.name]
        ),
        opts=enabled,
    )
