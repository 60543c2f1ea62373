"""Cloud Run: instances that serve many requests each and end when no more come."""

from collections.abc import Mapping

import pulumi
import pulumi_docker_build as docker_build
import pulumi_gcp as gcp

import platforms
from stacks import image
from stacks.deployment import Deployment
from stacks.gcp import alarms, secrets
from stacks.gcp.domain import join_domain
from stacks.gcp.project import number
from stacks.gcp.reading import read_back, still_there
from stacks.releases import History
from stacks.settings import Service
from stacks.settings.access import items
from stacks.settings.by_platform.gcp import PLATFORM

PORT = 8080
APIS = ("run.googleapis.com", "artifactregistry.googleapis.com", "iam.googleapis.com")
A_WEEK = f"{7 * 24 * 3600}s"


def deploy(service: Service, past: History) -> Deployment:
    """Every resource of the stack, in the order in which they need each other."""
    project, region, labels = service.cloud_project, service.region, service.labels
    full_name = f"projects/{project}/locations/{region}/services/{service.name}"
    past = past.of(full_name)
    # An unknown `pin` ends the `up` here, before any change.
    past.primary(service)
    canary = 0 if service.pin else service.canary_percent

    # This checks first whether the project can be read. Later only the budget needs its number.
    known = number(service) if service.budget is not None or not past.releases else None
    reached = known.apply(lambda _: project) if known else project

    # The APIs, which stay enabled after `pulumi destroy`: something else in the project may have come to need them.
    apis = [
        gcp.projects.Service(
            f"{service.name}-{name.partition('.')[0]}",
            service=name,
            project=reached,
            disable_on_destroy=False,
        )
        for name in _apis(service)
    ]
    enabled = pulumi.ResourceOptions(depends_on=apis)

    # The image. Every one that was ever deployed has a tag, so the policy removes what a broken push left behind.
    repository = gcp.artifactregistry.Repository(
        service.name,
        repository_id=service.name,
        location=region,
        project=project,
        format="DOCKER",
        docker_config=gcp.artifactregistry.RepositoryDockerConfigArgs(immutable_tags=True),
        cleanup_policies=[
            gcp.artifactregistry.RepositoryCleanupPolicyArgs(
                id="untagged-for-a-week",
                action="DELETE",
                condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
                    tag_state="UNTAGGED", older_than=A_WEEK
                ),
            )
        ],
        labels=labels,
        opts=enabled,
    )
    pushed = _there(service.image) if service.image else _push(service, repository)

    # The service's own account at Google Cloud: it may read the service's secrets and nothing else.
    account = gcp.serviceaccount.Account(
        service.name, account_id=service.name, project=project, display_name=service.name, opts=enabled
    )

    is_older = bool(past.releases) and not past.service
    places, may_read = secrets.keep(service, account, enabled, one_right_a_variable=is_older)
    variables = _variables(service)

    # The revision that keeps the traffic beside a canary.
    history = still_there(service, past)
    primary = history.apply(lambda past: past.primary(service))
    cloud_run = gcp.cloudrunv2.Service(
        service.name,
        name=service.name,
        location=region,
        project=project,
        ingress="INGRESS_TRAFFIC_ALL",
        # Public without a binding for allUsers, which many organisations forbid.
        invoker_iam_disabled=service.access == "public",
        deletion_protection=False,
        template=gcp.cloudrunv2.ServiceTemplateArgs(
            service_account=account.email,
            timeout=f"{service.timeout}s",
            max_instance_request_concurrency=service.concurrency,
            scaling=gcp.cloudrunv2.ServiceTemplateScalingArgs(
                min_instance_count=service.min_instances, max_instance_count=service.max_instances
            ),
            containers=[_container(service, pushed.reference, variables, places)],
            labels=labels,
        ),
        traffics=primary.apply(lambda revision: _traffic(revision, canary)),
        labels=labels,
        opts=pulumi.ResourceOptions(depends_on=[*apis, *may_read]),
    )

    for member in items(service.invokers):
        gcp.cloudrunv2.ServiceIamMember(
            f"{service.name}-{member}",
            project=project,
            location=region,
            name=cloud_run.name,
            role="roles/run.invoker",
            member=member,
        )
    if service.alarm_email:
        alarms.watch(service, known, enabled)

    return Deployment(
        url=cloud_run.uri,
        service=full_name,
        outcome=read_back(service, history, pushed, cloud_run, variables, canary),
        region=region,
        logs=pulumi.Output.concat(
            "gcloud beta run services logs tail ", cloud_run.name, f" --region {region} --project {project}"
        ),
        console=pulumi.Output.concat(
            f"https://console.cloud.google.com/run/detail/{region}/", cloud_run.name, f"?project={project}"
        ),
        custom_url=f"https://{service.domain}" if service.domain else None,
        dns_records=join_domain(service, cloud_run) if service.domain else None,
    )


def _apis(service: Service) -> list[str]:
    secret = ["secretmanager.googleapis.com"] if service.variables.has_secrets else []
    return [*APIS, *secret, *alarms.apis(service)]


def _there(reference: str) -> image.Pushed:
    """An image that another stack built."""
    return image.Pushed(pulumi.Output.from_input(reference), _build_of(reference))


def _build_of(reference: str) -> pulumi.Output[str]:
    """The build id of an image that is there, by its tags; "" if it has no such tag or may not be looked at."""
    place = PLATFORM.images.names.fullmatch(reference)
    if not place:
        return pulumi.Output.from_input("")
    repository, _, name = place["name"].partition("/")
    query = gcp.artifactregistry.get_docker_image_output(
        location=place["region"],
        project=place["project"],
        repository_id=repository,
        image_name=f"{name}@{place['digest']}",
    )
    # The id is only shown.
    return query.apply(lambda pushed: image.build_of(pushed.tags)).recover(lambda _: "")


def _push(service: Service, repository: "gcp.artifactregistry.Repository") -> image.Pushed:
    """Build and push the image."""
    host = f"{service.region}-docker.pkg.dev"
    name = pulumi.Output.concat(f"{host}/{service.cloud_project}/", repository.repository_id, "/app")
    login = docker_build.RegistryArgs(
        address=host,
        username="oauth2accesstoken",
        password=pulumi.Output.secret(gcp.organizations.get_client_config_output().access_token),
    )
    return image.build(service, name, login)


def _variables(service: Service) -> dict[str, str]:
    """The app's settings, and what the image reads itself."""
    return {
        # As many threads as Cloud Run sends requests at once, or some of them would wait in the instance.
        "THREADS": str(service.concurrency),
        # Cloud Logging finds a request's trace by its full name, and Cloud Run gives no instance its project.
        "GOOGLE_CLOUD_PROJECT": service.cloud_project,
        **service.variables.plain,
    }


def _container(
    service: Service,
    reference: pulumi.Output[str],
    variables: Mapping[str, str],
    secret_places: Mapping[str, secrets.SecretRef],
) -> "gcp.cloudrunv2.ServiceTemplateContainerArgs":
    return gcp.cloudrunv2.ServiceTemplateContainerArgs(
        image=reference,
        ports=gcp.cloudrunv2.ServiceTemplateContainerPortsArgs(container_port=PORT),
        envs=[
            gcp.cloudrunv2.ServiceTemplateContainerEnvArgs(name=name, value=value)
            for name, value in variables.items()
        ]
        + [
            gcp.cloudrunv2.ServiceTemplateContainerEnvArgs(
                name=variable,
                value_source=gcp.cloudrunv2.ServiceTemplateContainerEnvValueSourceArgs(secret_key_ref=place),
            )
            for variable, place in secret_places.items()
        ],
        resources=gcp.cloudrunv2.ServiceTemplateContainerResourcesArgs(
            limits={"cpu": f"{service.cpu:g}", "memory": f"{service.memory}Mi"},
            # Whether CPU, and its price, are there only while a request is served.
            cpu_idle=service.billing == "request",
            startup_cpu_boost=True,
        ),
        # The port opens when the app is loaded. One long look at it, not a look every second: it answers at once.
        startup_probe=gcp.cloudrunv2.ServiceTemplateContainerStartupProbeArgs(
            tcp_socket=gcp.cloudrunv2.ServiceTemplateContainerStartupProbeTcpSocketArgs(port=PORT),
            timeout_seconds=platforms.limit("gcp", "startup_probe_timeout"),
            period_seconds=platforms.limit("gcp", "startup_probe_timeout"),
            failure_threshold=1,
        ),
    )


def _traffic(primary: str | None, canary: int) -> "list[gcp.cloudrunv2.ServiceTrafficArgs]":
    newest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    if primary is None:
        return [gcp.cloudrunv2.ServiceTrafficArgs(type=newest, percent=100)]
    shares = [
        gcp.cloudrunv2.ServiceTrafficArgs(
            type="TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision=primary, percent=100 - canary
        )
    ]
    return (
        shares if canary == 0 else [*shares, gcp.cloudrunv2.ServiceTrafficArgs(type=newest, percent=canary)]
    )
