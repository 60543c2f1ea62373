"""A service after a deployment, as a query to Cloud Run describes it, not as the state does."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp

from stacks.image import Pushed
from stacks.reading import readable
from stacks.releases import History
from stacks.running import Asked, Outcome, Running, outcome, unreadable
from stacks.settings import Service

# Cloud Run gives sizes as they were sent, or in another unit: https://cloud.google.com/run/docs/configuring/services/cpu
UNITS = {"m": 0.001, "Mi": 1, "Gi": 1024}
SIZE = re.compile(r"(\d+(?:\.\d+)?)(m|Mi|Gi)?")


def still_there(service: Service, past: History) -> pulumi.Output[History]:
    """`past`, or an empty history if the service was deleted meanwhile, and its revisions with it.

    Cloud Run would refuse to make a service whose traffic goes to one of them. So this asks only if one is to get some.
    """
    if not (past.service and past.primary(service)):
        return pulumi.Output.from_input(past)
    return _query(service).apply(lambda _: past).recover(lambda refusal: _gone(service, past, refusal))


def _gone(service: Service, past: History, refusal: Exception) -> History:
    # The provider has no error of its own for it.
    if f"{past.service} not found" not in str(refusal):
        raise pulumi.RunError(unreadable(service.platform, refusal))
    return History(service=past.service)


def _query(service: Service) -> pulumi.Output[Any]:
    return gcp.cloudrunv2.get_service_output(
        name=service.name, location=service.region, project=service.cloud_project
    )


def read_back(
    service: Service,
    past: pulumi.Output[History],
    pushed: Pushed,
    cloud_run: "gcp.cloudrunv2.Service",
    variables: Mapping[str, str],
    share: int,
) -> pulumi.Output[Outcome]:
    """The stack's outputs from the service as it is."""
    running = readable(cloud_run.id.apply(lambda _: _query(service)).apply(running_of), service.platform)
    settings = {
        "cpu": f"{service.cpu:g}",
        "memory": f"{service.memory}",
        "timeout": f"{service.timeout}s",
        "concurrency": f"{service.concurrency}",
    }
    return pulumi.Output.all(pushed.reference, pushed.build, running, past).apply(
        lambda got: outcome(
            Asked(got[0], got[1], settings, variables, got[3].primary(service), share),
            got[2],
            got[3],
            service.platform,
        )
    )


def running_of(answer: Any) -> Running:
    """What runs, from a service as the data source describes it."""
    newest, ready = (
        path.rpartition("/")[2] for path in (answer.latest_created_revision, answer.latest_ready_revision)
    )
    template = answer.templates[0]
    container = template.containers[0]
    limits: Mapping[str, str] = container.resources[0].limits if container.resources else {}
    settings = {name: size for name in ("cpu", "memory") if (size := _size(limits.get(name, "")))}
    settings |= {
        "timeout": template.timeout,
        "concurrency": f"{template.max_instance_request_concurrency}",
    }
    # A secret has no value here.
    variables = {entry.name: entry.value for entry in container.envs if not entry.value_sources}
    shares = _shares(answer.traffic_statuses or answer.traffics, ready)
    return Running(newest, container.image, settings, variables, shares, ready or "none")


def _shares(traffic: Sequence[Any], ready: str) -> dict[str, int]:
    """The percent of each revision; the newest means the newest that is ready."""
    shares = Counter[str]()
    for entry in traffic:
        shares[entry.revision or ready] += entry.percent or 0
    return {revision: percent for revision, percent in shares.items() if percent}


def _size(text: str) -> str:
    match = SIZE.fullmatch(text)
    return f"{float(match[1]) * UNITS.get(match[2], 1):g}" if match else ""
