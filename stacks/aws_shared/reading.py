"""What App Runner and ECS run, compared with what was asked of them: neither shares traffic between releases."""

from collections.abc import Mapping

import pulumi

from stacks.image import Pushed
from stacks.reading import readable
from stacks.releases import History
from stacks.running import ALL, Asked, Outcome, Running, digest_of, outcome
from stacks.settings import Service


def running(image: str, variables: Mapping[str, str]) -> Running:
    """A service that runs `image`, without its sizes; its one release is the digest."""
    digest = digest_of(image)
    return Running(digest, image, {}, variables, {digest: ALL})


def compared(
    service: Service,
    past: History,
    pushed: Pushed,
    variables: Mapping[str, pulumi.Input[str]],
    running: pulumi.Output[Running],
) -> pulumi.Output[Outcome]:
    """The stack's outputs: what runs, by the platform's answer, and a sentence for each setting that differs."""
    settings = {"cpu": f"{service.cpu:g}", "memory": str(service.memory)}
    described = readable(running, service.platform)
    return pulumi.Output.all(pushed.reference, pushed.build, variables, described).apply(
        lambda got: outcome(Asked(got[0], got[1], settings, got[2]), got[3], past, service.platform)
    )
