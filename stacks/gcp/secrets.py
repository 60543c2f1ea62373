"""Secrets in Secret Manager: made from the stack's own or referred to, each readable for the service alone."""

import pulumi
import pulumi_gcp as gcp

from stacks.settings import Service

SecretRef = gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs


def keep(
    service: Service, account: gcp.serviceaccount.Account, enabled: pulumi.ResourceOptions
) -> tuple[dict[str, SecretRef], list[pulumi.Resource]]:
    """Where each secret is, by variable, and the rights that have to be there before the service."""
    places, rights = dict[str, SecretRef](), list[pulumi.Resource]()
    for variable, place in service.variables.kept.items():
        # What someone else keeps is read in the state in which it is when an instance starts.
        places[variable] = SecretRef(secret=place, version="latest")
        rights.append(_may_read(service, variable, place, account))
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
        places[variable] = SecretRef(secret=secret.secret_id, version=version.version)
        rights += [version, _may_read(service, variable, secret.id, account)]
    return places, rights


def _may_read(
    service: Service, variable: str, secret: pulumi.Input[str], account: gcp.serviceaccount.Account
) -> pulumi.Resource:
    return gcp.secretmanager.SecretIamMember(
        f"{service.name}-{variable}",
        project=service.cloud_project,
        secret_id=secret,
        role="roles/secretmanager.secretAccessor",
        member=pulumi.Output.concat("serviceAccount:", account.email),
    )
