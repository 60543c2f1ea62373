"""Builds one image of the app's folder and pushes it to a registry, where its digest names it."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker_build as docker_build

from appfolder import image
from appfolder.image import content_hash
from appfolder.settings import ROOT
from stacks.settings import Service

__all__ = ["build", "content_hash"]
from usererror import UserError

TAG = re.compile(r"build-([0-9a-f]{16})")


@dataclass(frozen=True)
class Pushed:
    """An image in a registry."""

    reference: pulumi.Output[str]  # REPOSITORY@sha256:DIGEST
    build: pulumi.Output[str]  # the build id that its responses give in X-Build-Id, "" if it is not known


def build(
    service: Service,
    repository: pulumi.Input[str],
    login: "docker_build.RegistryArgs",
    depends_on: Sequence[pulumi.Resource] = (),
) -> Pushed:
    """Build the image for `service` and push it to `repository` (HOST/PATH) under a tag made of its content.

    The tag is never moved, so the registry may refuse changes to it, and an earlier image stays for a roll back.
    Raises pulumi.RunError if the app's folder cannot be built.
    """
    platform = docker_build.Platform(f"linux/{service.architecture}")
    try:
        plan = image.build(service.app, {"OTEL": "on"} if service.otlp_endpoint else {}, platform.value)
    except UserError as problem:
        raise pulumi.RunError(str(problem)) from None
    contexts = {
        name: docker_build.ContextArgs(location=_from_here(path)) for name, path in plan.contexts.items()
    }
    built = docker_build.Image(
        service.name,
        context=docker_build.BuildContextArgs(location=_from_here(plan.context), named=contexts),
        dockerfile=docker_build.DockerfileArgs(location=_from_here(plan.written())),
        platforms=[platform],
        build_args=dict(plan.arguments),
        tags=[pulumi.Output.concat(repository, ":build-", plan.arguments["BUILD_ID"])],
        registries=[login],
        # `push` would add a second export, without the fixed times and with a media type that Lambda refuses.
        push=False,
        exports=[
            docker_build.ExportArgs(raw="type=registry,rewrite-timestamp=true,oci-mediatypes=false"),
        ],
        # A preview shows what would change; `up` builds.
        build_on_preview=False,
        # Deleting would take the image away from the version or revision that still runs it; the registry goes as
        # a whole with the stack.
        opts=pulumi.ResourceOptions(retain_on_delete=True, depends_on=list(depends_on)),
    )
    # Of the image that is there: `pulumi up --target` may leave it as it was.
    build_id = built.build_args.apply(lambda arguments: (arguments or {}).get("BUILD_ID", ""))
    return Pushed(pulumi.Output.concat(repository, "@", built.digest), build_id)


def build_of(tags: Sequence[str]) -> str:
    """The build id that build() put into one of an image's tags; "" for an image that was built in another way."""
    return next((match[1] for tag in sorted(tags) if (match := TAG.fullmatch(tag))), "")


def _from_here(path: Path) -> str:
    """A path as the state keeps it: the same on every machine, if it is the same from the project's folder."""
    return os.path.relpath(path, ROOT)
