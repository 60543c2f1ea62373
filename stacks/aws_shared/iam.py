"""IAM policy documents as JSON, and the names that they stand under."""

import json
from collections.abc import Mapping

# Regions by how their names begin; all others are in "aws".
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def policy(*statements: Mapping[str, object]) -> str:
    """A policy that allows what each statement says."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    )


def partition(region: str) -> str:
    """The part of AWS that a region is in, as ARNs begin with it."""
    return next((of for start, of in PARTITIONS.items() if region.startswith(start)), "aws")


def assumed_by(service: str) -> str:
    """Who may take on a role: one of Amazon's services, such as "lambda.amazonaws.com"."""
    return policy({"Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def assumed_by_this_account(service: str, account: str) -> str:
    """Likewise, on behalf of this account alone; or the service of another account could be made to use the role."""
    return policy(
        {
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
    )
