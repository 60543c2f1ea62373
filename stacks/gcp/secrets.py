"""Secrets in Secret Manager: made from the stack's own or referred to, each readable for the service alone."""

from collections.abc import Mapping
from typing import TypeAlias

import pulumi
import pulumi_gcp as gcp

from stacks.settings import Service

SecretRef: TypeAlias = "gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs"


def keep(
    service: Service,
    account: "gcp.serviceaccount.Account",
    enabled: pulumi.ResourceOptions,
    *,
    one_right_a_variable: bool = False,
) -> tuple[dict[str, SecretRef], list[pulumi.Resource]]:
    """Where each secret is, by variable, and the rights that have to be there before the service.

    one_right_a_variable: the last `up` made them so, as earlier versions of this project did.
    """
    place_of = gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs
    places, rights = dict[str, SecretRef](), list[pulumi.Resource]()
    for variable, value in service.variables.values.items():
        secret = gcp.secretmanager.Secret(
            f"{service.name}-{variable}",
            secret_id=f"{service.name}-{variable}",
            project=service.cloud_project,
            replication=gcp.secretmanager.SecretReplicationArgs(
                auto=gcp.secretmanager.SecretReplicationAutoArgs()
            ),
            labels=service.labels,
            opts=enabled,
        )
        version = gcp.secretmanager.SecretVersion(
            f"{service.name}-{variable}",
            secret=secret.id,
            secret_data=pulumi.Output.secret(value),
            # An earlier revision still reads the value that it was made with; all of them go with the secret.
            deletion_policy="ABANDON",
        )
        places[variable] = place_of(secret=secret.secret_id, version=version.version)
        right = _may_read(f"{service.name}-{variable}", service.cloud_project, secret.id, account)
        rights += [version, right]
    # Secrets that are not the stack's own are read at the start of an instance, with their value at that time.
    for variable, place in service.variables.stored.items():
        places[variable] = place_of(secret=reference(place, service.cloud_project), version="latest")
    own_secrets = {
        (service.cloud_project, f"{service.name}-{variable}") for variable in service.variables.values
    }
    for project, name in distinct(service.variables.stored, service.cloud_project):
        if (project, name) not in own_secrets:
            rights.append(_may_read(f"{service.name}-{project}-{name}", project, name, account))
    if one_right_a_variable:
        # The engine would take them away at the end of this `up`, and with them the same rights that are made here.
        # So they stay once more, and the next `up` forgets them without taking anything away.
        for variable, place in service.variables.stored.items():
            project, name = _place(place, service.cloud_project)
            rights.append(_may_read(f"{service.name}-{variable}", project, name, account, retain=True))
    return places, rights


def distinct(kept: Mapping[str, str], own_project: str) -> list[tuple[str, str]]:
    """The project and the name of each secret, once: two places may be one secret, written in two ways."""
    return [*dict.fromkeys(_place(place, own_project) for place in kept.values())]


def reference(place: str, own_project: str) -> str:
    """The form in which Cloud Run takes a secret's name: without the project if it is in the service's own."""
    project, name = _place(place, own_project)
    return name if project == own_project else f"projects/{project}/secrets/{name}"


def _place(place: str, own_project: str) -> tuple[str, str]:
    """The project, by name or number, and the name, out of NAME or projects/PROJECT/secrets/NAME."""
    parts = place.split("/")
    return (own_project, place) if len(parts) == 1 else (parts[1], parts[3])


def _may_read(
    resource: str,
    project: str,
    secret: pulumi.Input[str],
    account: "gcp.serviceaccount.Account",
    *,
    retain: bool = False,
) -> pulumi.Resource:
    """The right to read one secret. Each secret has only one right: two would be the same binding.

    The provider reads `project` out of the secret: if another stands here, each `up` makes the right anew and then
    takes away the old one, which is the same.
    """
    return gcp.secretmanager.SecretIamMember(
        resource,
        project=project,
        secret_id=secret,
        role="roles/secretmanager.secretAccessor",
        member=pulumi.Output.concat("serviceAccount:", account.email),
        # In the other order the new right would go with the old one, if both are the same binding.
        opts=pulumi.ResourceOptions(delete_before_replace=True, retain_on_delete=retain),
    )
