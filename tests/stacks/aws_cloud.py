"""What AWS answers and refuses, for the fake cloud; replacements are those that its Pulumi provider's schema names."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.stacks.cloud import ACCOUNT, Cloud, Inputs, Kind, RefusedError, Resource

REGION = "us-east-1"
PARAMETER = "aws:ssm/parameter:Parameter"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
DIGEST = re.compile(r"[a-z0-9.\-/]+@sha256:[0-9a-f]{64}")


def arn(service: str, path: str) -> str:
    """An ARN in the fake account."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{path}"


def named(resource: Resource) -> str:
    """The physical name: given, or from a prefix, or the id that stands for the provider's own naming."""
    prefix = resource.inputs.get("namePrefix")
    return resource.inputs.get("name") or (f"{prefix}{resource.id}" if prefix else resource.id)


def _repository(cloud: Cloud, repository: Resource, _before: Resource | None) -> dict[str, Any]:
    name = named(repository).lower()
    url = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"
    cloud.images.setdefault(url, {})
    return {
        "name": name,
        "arn": arn("ecr", f"repository/{name}"),
        "repositoryUrl": url,
        "registryId": ACCOUNT,
    }


def _repository_gone(cloud: Cloud, repository: Resource) -> None:
    if cloud.images[repository.outputs["repositoryUrl"]] and not repository.inputs.get("forceDelete"):
        raise RefusedError(
            "RepositoryNotEmptyException: the repository cannot be deleted because it still contains images"
        )
    cloud.drop_images(repository.outputs["repositoryUrl"])


def _log_group(_cloud: Cloud, group: Resource, _before: Resource | None) -> dict[str, Any]:
    return {"name": named(group), "arn": arn("logs", f"log-group:{named(group)}")}


def _role(_cloud: Cloud, role: Resource, _before: Resource | None) -> dict[str, Any]:
    return {"name": named(role), "arn": f"arn:aws:iam::{ACCOUNT}:role/{named(role)}"}


def rights_of(cloud: Cloud, role_arn: str) -> set[str]:
    """Every action that the inline policies of a role allow."""
    roles = [role for role in cloud.of("aws:iam/role:Role") if role.outputs["arn"] == role_arn]
    if not roles:
        raise RefusedError(f"the role {role_arn} cannot be assumed: it does not exist")
    return {
        action
        for policy in cloud.of("aws:iam/rolePolicy:RolePolicy")
        if policy.inputs["role"] == roles[0].outputs["name"]
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def _parameter(_cloud: Cloud, parameter: Resource, before: Resource | None) -> dict[str, Any]:
    version = before.outputs["version"] + 1 if before else 1
    return {"version": version, "arn": arn("ssm", f"parameter{parameter.inputs['name']}")}


def _image(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    url = f"{query['registryId']}.dkr.ecr.{REGION}.amazonaws.com/{query['repositoryName']}"
    tags = [tag for tag, digest in cloud.images.get(url, {}).items() if digest == query["imageDigest"]]
    if not tags:
        raise RefusedError("ImageNotFoundException: the image does not exist")
    return {"id": query["imageDigest"], "imageDigest": query["imageDigest"], "imageTags": tags}


def _api(_cloud: Cloud, api: Resource, _before: Resource | None) -> dict[str, Any]:
    return {
        "apiEndpoint": f"https://{api.id}.execute-api.{REGION}.amazonaws.com",
        "executionArn": arn("execute-api", api.id),
    }


def _route(cloud: Cloud, route: Resource, _before: Resource | None) -> dict[str, Any]:
    if route.inputs["target"].removeprefix("integrations/") not in {
        integration.id for integration in cloud.of("aws:apigatewayv2/integration:Integration")
    }:
        raise RefusedError(f"BadRequestException: there is no integration {route.inputs['target']}")
    authorizers = {made.id for made in cloud.of("aws:apigatewayv2/authorizer:Authorizer")}
    if route.inputs.get("authorizationType") == "JWT" and route.inputs.get("authorizerId") not in authorizers:
        raise RefusedError("BadRequestException: a JWT route needs an authorizer")
    return {}


def _stage(cloud: Cloud, stage: Resource, _before: Resource | None) -> dict[str, Any]:
    groups = {group.outputs["arn"] for group in cloud.of("aws:cloudwatch/logGroup:LogGroup")}
    if stage.inputs["accessLogSettings"]["destinationArn"] not in groups:
        raise RefusedError("BadRequestException: the access log's destination does not exist")
    return {"invokeUrl": "https://stage"}


def _topic(_cloud: Cloud, topic: Resource, _before: Resource | None) -> dict[str, Any]:
    return {"arn": arn("sns", named(topic))}


def _known_topic(cloud: Cloud, topic: str) -> None:
    if topic not in {made.outputs["arn"] for made in cloud.of("aws:sns/topic:Topic")}:
        raise RefusedError(f"NotFoundException: there is no topic {topic}")


def _subscription(cloud: Cloud, subscription: Resource, _before: Resource | None) -> dict[str, Any]:
    _known_topic(cloud, subscription.inputs["topic"])
    return {"pendingConfirmation": True}


def _alarm(cloud: Cloud, alarm: Resource, _before: Resource | None) -> dict[str, Any]:
    for topic in (*alarm.inputs["alarmActions"], *alarm.inputs["okActions"]):
        _known_topic(cloud, topic)
    return {}


def _certificate(_cloud: Cloud, certificate: Resource, _before: Resource | None) -> dict[str, Any]:
    domain = certificate.inputs["domainName"]
    return {
        "arn": arn("acm", f"certificate/{certificate.id}"),
        "domainValidationOptions": [
            {
                "domainName": domain,
                "resourceRecordName": f"_proof.{domain}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_answer.acm-validations.aws.",
            }
        ],
    }


def _validation(cloud: Cloud, validation: Resource, _before: Resource | None) -> dict[str, Any]:
    (certificate,) = [
        found
        for found in cloud.of("aws:acm/certificate:Certificate")
        if found.outputs["arn"] == validation.inputs["certificateArn"]
    ]
    proof = certificate.outputs["domainValidationOptions"][0]["resourceRecordName"]
    made = {record.inputs["name"] for record in cloud.of("aws:route53/record:Record")} | cloud.records_by_hand
    if proof not in made:
        raise RefusedError(
            f"timeout while waiting for the certificate to be issued: {proof} is not in the DNS"
        )
    return {}


def _domain_name(cloud: Cloud, domain: Resource, _before: Resource | None) -> dict[str, Any]:
    configuration = domain.inputs["domainNameConfiguration"]
    issued = {
        v.inputs["certificateArn"] for v in cloud.of("aws:acm/certificateValidation:CertificateValidation")
    }
    if configuration["certificateArn"] not in issued:
        raise RefusedError("BadRequestException: the certificate is not issued")
    target = {
        "targetDomainName": f"d-{domain.id}.execute-api.{REGION}.amazonaws.com",
        "hostedZoneId": "Z1UJRXOUMOOFQ8",
    }
    return {"domainNameConfiguration": {**configuration, **target}}


def _record(_cloud: Cloud, record: Resource, _before: Resource | None) -> dict[str, Any]:
    return {"fqdn": record.inputs["name"].rstrip(".")}


def _app_runner(cloud: Cloud, service: Resource, before: Resource | None) -> dict[str, Any]:
    source = service.inputs["sourceConfiguration"]
    image = source["imageRepository"]["imageIdentifier"]
    if "ecr:BatchGetImage" not in rights_of(cloud, source["authenticationConfiguration"]["accessRoleArn"]):
        raise RefusedError("CREATE_FAILED: error in assuming access role")
    if not cloud.has_image(image):
        raise RefusedError(f"CREATE_FAILED: failed to pull {image}")
    secrets = source["imageRepository"]["imageConfiguration"].get("runtimeEnvironmentSecrets") or {}
    for secret in secrets.values():
        if not any(p.outputs["arn"] == secret for p in cloud.of(PARAMETER)) and secret not in cloud.kept:
            raise RefusedError(f"CREATE_FAILED: there is no {secret}")
        if not rights_of(cloud, service.inputs["instanceConfiguration"]["instanceRoleArn"]):
            raise RefusedError(f"CREATE_FAILED: the instance role may not read {secret}")
    name = service.inputs["serviceName"]
    return {
        "serviceId": "0123456789abcdef",
        "arn": arn("apprunner", f"service/{name}/0123456789abcdef"),
        "serviceUrl": f"abcdefghij.{REGION}.awsapprunner.com",
    }


def _scaling(_cloud: Cloud, scaling: Resource, _before: Resource | None) -> dict[str, Any]:
    name = scaling.inputs["autoScalingConfigurationName"]
    return {"arn": arn("apprunner", f"autoscalingconfiguration/{name}/1/{scaling.id}")}


def _association(_cloud: Cloud, association: Resource, _before: Resource | None) -> dict[str, Any]:
    domain = association.inputs["domainName"]
    proofs = [
        {
            "name": f"_{place}.{domain}.",
            "type": "CNAME",
            "value": f"_{place}.acm-validations.aws.",
            "status": "PENDING",
        }
        for place in (1, 2)
    ]
    return {"dnsTarget": f"abcdefghij.{REGION}.awsapprunner.com", "certificateValidationRecords": proofs}


def _zone(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    if query["name"] not in cloud.zones:
        raise RefusedError(f"no matching Route 53 Hosted Zone found: {query['name']}")
    return {"id": cloud.zones[query["name"]], "zoneId": cloud.zones[query["name"]], "name": query["name"]}


KINDS: dict[str, Kind] = {
    "aws:ecr/repository:Repository": Kind(
        _repository, frozenset({"name", "encryptionConfigurations"}), _repository_gone
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Kind(replaces=frozenset({"repository", "policy"})),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Kind(replaces=frozenset({"repository"})),
    "aws:cloudwatch/logGroup:LogGroup": Kind(_log_group, frozenset({"name", "namePrefix"})),
    "aws:iam/role:Role": Kind(_role, frozenset({"name", "namePrefix", "path"})),
    "aws:iam/rolePolicy:RolePolicy": Kind(replaces=frozenset({"name", "role"})),
    ATTACHMENT: Kind(replaces=frozenset({"role", "policyArn"})),
    PARAMETER: Kind(_parameter, frozenset({"name"}), named_by="name", after_change=frozenset({"version"})),
    "aws:sns/topic:Topic": Kind(_topic, frozenset({"name"})),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        _subscription, frozenset({"topic", "protocol", "endpoint"})
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(_alarm, frozenset({"name"})),
    "aws:budgets/budget:Budget": Kind(replaces=frozenset({"name"})),
    "aws:apigatewayv2/api:Api": Kind(_api, frozenset({"protocolType"})),
    "aws:apigatewayv2/integration:Integration": Kind(replaces=frozenset({"apiId", "integrationType"})),
    "aws:apigatewayv2/authorizer:Authorizer": Kind(replaces=frozenset({"apiId"})),
    "aws:apigatewayv2/route:Route": Kind(_route, frozenset({"apiId"})),
    "aws:apigatewayv2/stage:Stage": Kind(_stage, frozenset({"apiId", "name"})),
    "aws:apigatewayv2/domainName:DomainName": Kind(
        _domain_name, frozenset({"domainName"}), named_by="domainName"
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": Kind(replaces=frozenset({"apiId", "domainName"})),
    "aws:acm/certificate:Certificate": Kind(_certificate, frozenset({"domainName", "validationMethod"})),
    "aws:acm/certificateValidation:CertificateValidation": Kind(
        _validation, frozenset({"certificateArn", "validationRecordFqdns"})
    ),
    "aws:route53/record:Record": Kind(_record, frozenset({"zoneId", "name"})),
    "aws:apprunner/service:Service": Kind(
        _app_runner,
        frozenset({"serviceName"}),
        named_by="serviceName",
        imported_by=lambda service: str(service.outputs["arn"]),
    ),
    "aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion": Kind(
        _scaling, frozenset({"autoScalingConfigurationName", "minSize", "maxSize", "maxConcurrency"})
    ),
    "aws:apprunner/customDomainAssociation:CustomDomainAssociation": Kind(
        _association, frozenset({"domainName", "serviceArn", "enableWwwSubdomain"})
    ),
}
INVOKES: dict[str, Callable[[Cloud, Inputs], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _cloud, _query: {
        "accountId": ACCOUNT,
        "id": ACCOUNT,
    },
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": lambda cloud, _query: {
        "userName": "AWS",
        "password": f"a token that differs each time, {len(cloud.log)}",
    },
    "aws:route53/getZone:getZone": _zone,
    "aws:ecr/getImage:getImage": _image,
    "aws:apprunner/getHostedZoneId:getHostedZoneId": lambda _cloud, _query: {"id": "Z01915732ZBZKC8D32TPT"},
}


def awsx_children(name: str, inputs: Inputs) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What awsx:ecr:Repository makes of its inputs: the repository's, and the rules of its lifecycle policy."""
    own = {key: value for key, value in inputs.items() if key != "lifecyclePolicy"}
    rules = [
        {
            "rulePriority": priority,
            "description": rule.get("description"),
            "selection": {
                "tagStatus": rule["tagStatus"],
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": rule["maximumAgeLimit"],
            },
            "action": {"type": "expire"},
        }
        for priority, rule in enumerate(inputs["lifecyclePolicy"]["rules"], start=1)
    ]
    return own, rules
