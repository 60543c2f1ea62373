"""What Google Cloud answers and refuses, for the fake cloud; replacements are those of its Pulumi provider's schema."""

import re
from collections.abc import Callable
from typing import Any

from tests.stacks.cloud import Cloud, Inputs, Kind, RefusedError, Resource

SECRET, VERSION = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretVersion:SecretVersion"
CLOUD_RUN = "gcp:cloudrunv2/service:Service"
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"


def needs_api(cloud: Cloud, api: str) -> None:
    """Refuse what needs an API that is not on."""
    if f"{api}.googleapis.com" not in cloud.enabled:
        raise RefusedError(
            f"403 SERVICE_DISABLED: {api}.googleapis.com has not been used in this project before"
        )


def _api(cloud: Cloud, api: Resource, _before: Resource | None) -> dict[str, Any]:
    cloud.enabled.add(api.inputs["service"])
    return {}


def _api_gone(cloud: Cloud, api: Resource) -> None:
    if api.inputs.get("disableOnDestroy") is not False:
        cloud.enabled.discard(api.inputs["service"])


def _repository(cloud: Cloud, repository: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "artifactregistry")
    inputs = repository.inputs
    host = f"{inputs['location']}-docker.pkg.dev/{inputs['project']}/{inputs['repositoryId']}/app"
    cloud.images.setdefault(host, {})
    return {"name": inputs["repositoryId"]}


def _repository_gone(cloud: Cloud, repository: Resource) -> None:
    inputs = repository.inputs
    cloud.drop_images(f"{inputs['location']}-docker.pkg.dev/{inputs['project']}/{inputs['repositoryId']}/app")


def _account(cloud: Cloud, account: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "iam")
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])", account.inputs["accountId"]):
        raise RefusedError(f"400: {account.inputs['accountId']} is no account id")
    return {"email": f"{account.inputs['accountId']}@{account.inputs['project']}.iam.gserviceaccount.com"}


def _readable(cloud: Cloud, template: Inputs) -> None:
    for entry in template["containers"][0]["envs"]:
        place = entry.get("valueSource", {}).get("secretKeyRef")
        if not place:
            continue
        versions = [v for v in cloud.of(VERSION) if v.inputs["secret"].endswith(f"/{place['secret']}")]
        if place["secret"] not in cloud.kept and place["version"] not in {
            v.outputs["version"] for v in versions
        }:
            raise RefusedError(f"Revision is not ready: there is no secret {place}")
        project = place["secret"].split("/")[1] if "/" in place["secret"] else project_of(template)
        binding = (
            project,
            place["secret"].rpartition("/")[2],
            f"serviceAccount:{template['serviceAccount']}",
        )
        if binding not in cloud.bindings:
            raise RefusedError(f"Revision is not ready: permission denied on secret {place['secret']}")


def project_of(template: Inputs) -> str:
    """The project of a service, by its account."""
    project: str = template["serviceAccount"].partition("@")[2].partition(".")[0]
    return project


def _binding(member: Resource) -> tuple[str, str, str]:
    secret = member.inputs["secretId"]
    project = secret.split("/")[1] if "/" in secret else member.inputs["project"]
    return project, secret.rpartition("/")[2], member.inputs["member"]


def _member(cloud: Cloud, member: Resource, _before: Resource | None) -> dict[str, Any]:
    """A binding, which is there or not, however many resources ask for it; the provider reads its project back."""
    cloud.bindings.add(_binding(member))
    member.inputs["project"] = _binding(member)[0]
    return {"project": member.inputs["project"]}


def _member_gone(cloud: Cloud, member: Resource) -> None:
    cloud.bindings.discard(_binding(member))


def _project(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    needs_api(cloud, "cloudresourcemanager")
    return {"id": query["projectId"], "projectId": query["projectId"], "number": "123456789"}


def _secret(cloud: Cloud, secret: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "secretmanager")
    secret.id = f"projects/{secret.inputs['project']}/secrets/{secret.inputs['secretId']}"
    return {"name": secret.id}


def _version(cloud: Cloud, version: Resource, _before: Resource | None) -> dict[str, Any]:
    if version.inputs["secret"] not in {secret.id for secret in cloud.of(SECRET)}:
        raise RefusedError(f"404: there is no secret {version.inputs['secret']}")
    made = cloud.versions.setdefault(version.inputs["secret"], [])
    made.append(str(len(made) + 1))
    return {"version": made[-1], "name": f"{version.inputs['secret']}/versions/{made[-1]}"}


def _channel(cloud: Cloud, channel: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "monitoring")
    channel.id = f"projects/{channel.inputs['project']}/notificationChannels/{channel.id}"
    return {"name": channel.id}


def _known_channels(cloud: Cloud, channels: list[str]) -> None:
    known = {channel.id for channel in cloud.of("gcp:monitoring/notificationChannel:NotificationChannel")}
    if not (channels and set(channels) <= known):
        raise RefusedError(f"404: there is no notification channel {channels}")


def _alert(cloud: Cloud, alert: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "monitoring")
    _known_channels(cloud, alert.inputs["notificationChannels"])
    return {}


def _budget(cloud: Cloud, budget: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "billingbudgets")
    _known_channels(cloud, budget.inputs["allUpdatesRule"]["monitoringNotificationChannels"])
    return {}


def _service(cloud: Cloud, service: Resource, before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "run")
    inputs, template = service.inputs, service.inputs["template"]
    if not cloud.has_image(template["containers"][0]["image"]):
        raise RefusedError(f"Revision is not ready: image {template['containers'][0]['image']} not found")
    if template["serviceAccount"] not in {
        a.outputs["email"] for a in cloud.of("gcp:serviceaccount/account:Account")
    }:
        raise RefusedError(f"404: service account {template['serviceAccount']} does not exist")
    _readable(cloud, template)
    revisions = cloud.versions.setdefault(inputs["name"], list(cloud.earlier))
    # What is made anew has none of the earlier revisions; their names end at random.
    ending = before.outputs["ending"] if before else "xyz" if inputs["name"] in cloud.ready else "abc"
    if before is None and inputs["name"] in cloud.ready:
        revisions.clear()
    if before is None or before.inputs["template"] != template:
        revisions.append(f"{inputs['name']}-{len(revisions) + 1:05d}-{ending}")
        if CLOUD_RUN not in cloud.break_next:
            cloud.ready[inputs["name"]] = revisions[-1]
    if sum(share["percent"] for share in inputs["traffics"]) != 100:
        raise RefusedError(f"400: the traffic is not 100 percent: {inputs['traffics']}")
    for share in inputs["traffics"]:
        if share["type"] != LATEST and share["revision"] not in revisions:
            raise RefusedError(f"404: there is no revision {share['revision']}")
    path = f"projects/{inputs['project']}/locations/{inputs['location']}/services/{inputs['name']}"
    return {
        "ending": ending,
        "uri": f"https://{inputs['name']}-abcdefghij-uc.a.run.app",
        "latestCreatedRevision": f"{path}/revisions/{revisions[-1]}",
        "latestReadyRevision": f"{path}/revisions/{cloud.ready[inputs['name']]}",
    }


def _told(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    """A service as the data source tells it: blocks are lists, and traffic is told as it is."""
    service = cloud.resources.get((CLOUD_RUN, query["name"]))
    if service is None:
        place = f"projects/{query['project']}/locations/{query['location']}/services/{query['name']}"
        raise RefusedError(
            f"invoking gcp:cloudrunv2/getService:getService: 1 error occurred:\n\t* {place} not found"
        )
    template = service.outputs["template"]
    containers = [
        {
            "image": container["image"],
            "envs": [
                {
                    "name": entry["name"],
                    "value": entry.get("value", ""),
                    "valueSources": [entry["valueSource"]] if "valueSource" in entry else [],
                }
                for entry in container["envs"]
            ],
            "resources": [{"limits": container["resources"]["limits"]}],
        }
        for container in template["containers"]
    ]
    same = {key: template[key] for key in ("timeout", "maxInstanceRequestConcurrency")}
    told = {key: service.outputs[key] for key in ("latestCreatedRevision", "latestReadyRevision", "traffics")}
    return {
        "id": query["name"],
        **query,
        **told,
        "templates": [{**same, "containers": containers}],
        "trafficStatuses": service.outputs["traffics"],
    }


def _image(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    name, _, digest = query["imageName"].partition("@")
    host = f"{query['location']}-docker.pkg.dev/{query['project']}/{query['repositoryId']}/{name}"
    tags = [tag for tag, pushed in cloud.images.get(host, {}).items() if pushed == digest]
    if not tags:
        raise RefusedError("404: there is no such image")
    return {"id": digest, **query, "tags": tags}


def _service_gone(_cloud: Cloud, service: Resource) -> None:
    if service.inputs.get("deletionProtection") is not False:
        raise RefusedError("cannot destroy service without setting deletion_protection=false")


def _invoker(cloud: Cloud, member: Resource, _before: Resource | None) -> dict[str, Any]:
    if member.inputs["name"] not in {s.inputs["name"] for s in cloud.of("gcp:cloudrunv2/service:Service")}:
        raise RefusedError("404: the member names no service")
    return {}


KINDS: dict[str, Kind] = {
    "gcp:projects/service:Service": Kind(_api, frozenset({"service", "project"}), _api_gone),
    "gcp:artifactregistry/repository:Repository": Kind(
        _repository,
        frozenset({"repositoryId", "location", "project", "format"}),
        _repository_gone,
        named_by="repositoryId",
    ),
    "gcp:serviceaccount/account:Account": Kind(
        _account, frozenset({"accountId", "project"}), named_by="accountId"
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": Kind(_channel, frozenset({"type", "project"})),
    "gcp:monitoring/alertPolicy:AlertPolicy": Kind(_alert, frozenset({"project"})),
    "gcp:billing/budget:Budget": Kind(_budget, frozenset({"billingAccount"})),
    SECRET: Kind(_secret, frozenset({"secretId", "project", "replication"})),
    VERSION: Kind(_version, frozenset({"secret", "secretData"})),
    "gcp:secretmanager/secretIamMember:SecretIamMember": Kind(
        _member,
        frozenset({"secretId", "project", "role", "member"}),
        _member_gone,
        is_there=lambda cloud, member: _binding(member) in cloud.bindings,
    ),
    "gcp:cloudrunv2/service:Service": Kind(
        _service, frozenset({"name", "location", "project"}), _service_gone, named_by="name"
    ),
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": Kind(
        _invoker, frozenset({"name", "member", "role", "location", "project"})
    ),
}
INVOKES: dict[str, Callable[[Cloud, Inputs], dict[str, Any]]] = {
    "gcp:organizations/getClientConfig:getClientConfig": lambda cloud, _query: {
        "accessToken": f"a token that differs each time, {len(cloud.log)}",
        "project": "my-project",
        "region": "us-central1",
    },
    "gcp:organizations/getProject:getProject": _project,
    "gcp:cloudrunv2/getService:getService": _told,
    "gcp:artifactregistry/getDockerImage:getDockerImage": _image,
}
