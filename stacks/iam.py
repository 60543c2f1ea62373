"""IAM policy documents as JSON, and the names that they stand under."""

import json
from collections.abc import Mapping


def policy(*statements: Mapping[str, object]) -> str:
    """A policy that allows what each statement says."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    )


def partition(region: str) -> str:
    """The part of AWS that a region is in, as ARNs begin with it."""
    return "aws-cn" if region.startswith("cn-") else "aws"


def assumed_by(service: str) -> str:
    """Who may take on a role: one of Amazon's services, such as "lambda.amazonaws.com"."""
    return policy({"Principal": {"Service": service}, "Action": "sts:AssumeRole"})
