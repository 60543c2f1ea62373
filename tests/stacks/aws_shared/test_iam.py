"""The names that policies stand under."""

from dataclasses import replace

import boto3
import pytest

from stacks.aws_shared.iam import PARTITIONS, partition
from tests.stacks.graph import run, service


@pytest.mark.parametrize("name", ["aws", *PARTITIONS.values()])
def test_a_region_is_in_the_partition_that_aws_says(name: str) -> None:
    """ARNs with another partition name nothing, and a policy with one allows nothing."""
    regions = boto3.Session().get_available_regions("lambda", partition_name=name)

    assert regions
    assert {partition(region) for region in regions} == {name}


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1"])
def test_the_arns_that_a_stack_makes_up_are_of_its_partition(region: str) -> None:
    """Of the functions that may pull the image, and of the secrets that the function may read."""
    graph = run(replace(service("aws", secretValues={"API_KEY": "x"}), region=region))
    pulls = graph.one("ecr/repositoryPolicy:RepositoryPolicy").inputs["policy"]
    reads = graph.named("iam/rolePolicy:RolePolicy", "demo-aws").inputs["policy"]

    assert f'"arn:{partition(region)}:lambda:{region}:' in pulls
    assert f'"arn:{partition(region)}:ssm:{region}:' in reads
