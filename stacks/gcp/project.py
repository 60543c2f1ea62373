"""The Google Cloud project that a stack is in: whether it can be read, and its number."""

import pulumi
import pulumi_gcp as gcp

from stacks.settings import Service


def number(service: Service) -> pulumi.Output[str]:
    """The project's number; a pulumi.RunError with the first step to take if the project cannot be read.

    The provider reads the project by the Cloud Resource Manager API, and cannot enable any API without it.
    """
    query = gcp.organizations.get_project_output(project_id=service.cloud_project)
    return query.apply(lambda project: project.number).recover(
        lambda refusal: _refuse(service.cloud_project, refusal)
    )


def _refuse(project: str, refusal: Exception) -> str:
    said = " ".join(str(refusal).split())
    raise pulumi.RunError(
        f"gcp:project: {project!r} cannot be read ({said}). If an API is off, type `gcloud services enable "
        f"cloudresourcemanager.googleapis.com serviceusage.googleapis.com --project {project}`, wait a minute and "
        "type `pulumi up`; else look at the project's name and at who is logged in"
    )
