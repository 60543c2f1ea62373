"""IAM policy documents as JSON, and the names that they stand under."""

import json
from collections.abc import Mapping

# Regions by how their names begin; all others are in "aws".
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def policy(*statements: Mapping[str, object]) -> str:
    """A policy with these statements."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    )


def partition(region: str) -> str:
    """The partition of AWS that a region is in, with which ARNs begin."""
    return next((of for start, of in PARTITIONS.items() if region.startswith(start)), "aws")


def assumed_by(service: str) -> str:
    """The policy that lets one of Amazon's services, such as "lambda.amazonaws.com", take on a role."""
    return policy({"Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def assumed_by_this_account(service: str, account: str) -> str:
    """Likewise, only on behalf of this account; else the service of another account could be made to use the role."""
    return policy(
        {
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
    )
