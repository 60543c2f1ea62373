"""What ECS answers and refuses, for the fake cloud: its Express Mode, and what users of it ran into."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.stacks.aws_cloud import ATTACHMENT, DIGEST, PARAMETER, arn, named, rights_of
from tests.stacks.cloud import Cloud, Inputs, Kind, RefusedError, Resource

EXPRESS = "aws:ecs/expressGatewayService:ExpressGatewayService"
CLUSTER = "aws:ecs/cluster:Cluster"
CAPACITY = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"
SCALING = {"autoScalingMetric": "AVERAGE_CPU", "autoScalingTargetValue": 60, "maxTaskCount": 20}
BALANCER = arn("elasticloadbalancing", "loadbalancer/app/ecs-express-gateway-alb-1/0123456789abcdef")
TARGET_GROUPS = [arn("elasticloadbalancing", f"targetgroup/ecs-gateway-tg-{n}/{n * 16}") for n in "ba"]


def _cluster(_cloud: Cloud, cluster: Resource, _before: Resource | None) -> dict[str, Any]:
    return {"name": named(cluster), "arn": arn("ecs", f"cluster/{named(cluster)}")}


def _services_in(cloud: Cloud, cluster: str) -> list[Resource]:
    return [made for made in cloud.of(EXPRESS) if made.inputs["cluster"] == cluster]


def _cluster_gone(cloud: Cloud, cluster: Resource) -> None:
    if _services_in(cloud, named(cluster)):
        raise RefusedError(
            "ClusterContainsServicesException: the cluster cannot be deleted while it has services"
        )


def _capacity(cloud: Cloud, capacity: Resource, _before: Resource | None) -> dict[str, Any]:
    _known_cluster(cloud, capacity.inputs["clusterName"])
    return {}


def _capacity_gone(cloud: Cloud, capacity: Resource) -> None:
    if _services_in(cloud, capacity.inputs["clusterName"]):
        raise RefusedError("ResourceInUseException: the specified capacity provider is in use")


def _known_cluster(cloud: Cloud, name: str) -> None:
    if name not in {made.outputs["name"] for made in cloud.of(CLUSTER)}:
        raise RefusedError(f"ClusterNotFoundException: there is no cluster {name}")


def _express(cloud: Cloud, express: Resource, before: Resource | None) -> dict[str, Any]:
    inputs = express.inputs
    cluster, name = inputs["cluster"], inputs["serviceName"]
    _known_cluster(cloud, cluster)
    providers = [made.inputs["capacityProviders"] for made in cloud.of(CAPACITY)]
    if ["FARGATE"] not in providers:
        raise RefusedError("InvalidParameterException: the capacity provider FARGATE is not in the cluster")
    if before is None and (cluster, name) in cloud.inactive | {
        (made.inputs["cluster"], made.inputs["serviceName"]) for made in cloud.of(EXPRESS)
    }:
        raise RefusedError(
            f"Resource Already Exists: Express Gateway Service {name} already exists in {cluster}"
        )
    _may_build(cloud, inputs["infrastructureRoleArn"])
    _can_start(cloud, inputs)
    _filled_in(inputs)
    return {
        "serviceArn": arn("ecs", f"service/{cluster}/{name}"),
        "serviceRevisionArn": arn("ecs", f"service-revision/{cluster}/{name}/{len(cloud.log)}"),
        "ingressPaths": cloud.paths,
    }


def _may_build(cloud: Cloud, role: str) -> None:
    attached = {
        made.inputs["policyArn"] for made in cloud.of(ATTACHMENT) if role.endswith(f"/{made.inputs['role']}")
    }
    if MANAGED not in attached:
        raise RefusedError(f"{role} is not authorized to perform: elasticloadbalancing:DescribeTargetHealth")


def _can_start(cloud: Cloud, inputs: Inputs) -> None:
    container, rights = inputs["primaryContainer"], rights_of(cloud, inputs["executionRoleArn"])
    if not DIGEST.fullmatch(container["image"]) or not cloud.has_image(container["image"]):
        raise RefusedError(f"CannotPullContainerError: there is no image {container['image']}")
    if not {"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "logs:PutLogEvents"} <= rights:
        raise RefusedError(f"ResourceInitializationError: the execution role may only {sorted(rights)}")
    rights_of(cloud, inputs["taskRoleArn"])
    for secret in container.get("secrets") or []:
        place = secret["valueFrom"]
        if place not in {made.outputs["arn"] for made in cloud.of(PARAMETER)} | cloud.kept:
            raise RefusedError(f"ResourceInitializationError: there is no {place}")
        if not rights & {"ssm:GetParameters", "secretsmanager:GetSecretValue"}:
            raise RefusedError(f"ResourceInitializationError: the execution role may not read {place}")


def _filled_in(inputs: dict[str, Any]) -> None:
    """What AWS says of a service about which less was said, so that a refresh takes it for its inputs."""
    container = dict(inputs["primaryContainer"])
    container.setdefault("commands", [])
    for key in ("environments", "secrets"):
        if key in container:
            container[key] = sorted(container[key], key=lambda entry: entry["name"])
    inputs["primaryContainer"] = container
    for target in inputs["scalingTargets"]:
        target |= {key: value for key, value in SCALING.items() if key not in target}
    if "networkConfigurations" in inputs:
        inputs["networkConfigurations"][0].setdefault("securityGroups", []).append("sg-of-express-mode")


def _express_gone(cloud: Cloud, express: Resource) -> None:
    # Without its rights the service stays DRAINING, and the provider waits in vain.
    _may_build(cloud, express.inputs["infrastructureRoleArn"])
    cloud.inactive.add((express.inputs["cluster"], express.inputs["serviceName"]))


def _told(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    if query["typeName"] != "AWS::ECS::ExpressGatewayService":
        raise RefusedError(f"TypeNotFoundException: {query['typeName']}")
    if query["identifier"] not in {made.outputs["serviceArn"] for made in cloud.of(EXPRESS)}:
        raise RefusedError(f"ResourceNotFoundException: {query['identifier']}")
    paths: Mapping[str, Any] = {"LoadBalancerArn": BALANCER, "TargetGroupArns": TARGET_GROUPS}
    return {"properties": json.dumps({"ECSManagedResourceArns": {"IngressPath": paths}})}


KINDS: dict[str, Kind] = {
    CLUSTER: Kind(_cluster, frozenset({"name"}), _cluster_gone),
    CAPACITY: Kind(_capacity, frozenset({"clusterName"}), _capacity_gone),
    EXPRESS: Kind(
        _express,
        frozenset({"infrastructureRoleArn", "serviceName"}),
        _express_gone,
        after_change=frozenset({"ingressPaths", "serviceRevisionArn"}),
        imported_by=lambda express: str(express.outputs["serviceArn"]),
    ),
}
INVOKES: dict[str, Callable[[Cloud, Inputs], dict[str, Any]]] = {
    "aws:cloudcontrol/getResource:getResource": _told
}
