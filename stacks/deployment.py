"""What a platform's deploy() hands back: the stack's outputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import pulumi

from stacks.releases import History, Release
from stacks.settings import Service

# A DNS record as a person enters it: {"name", "type", "value"}.
DnsRecords = pulumi.Output[Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class Deployment:
    """One deployed service, each field an output of the stack under the same name in camelCase."""

    url: pulumi.Output[str]
    image: pulumi.Output[str]  # REPOSITORY@sha256:DIGEST
    region: str
    promoted: pulumi.Output[str]  # the version, revision or digest that gets all traffic but the canary's
    releases: pulumi.Output[list[Release]]  # the newest last
    logs: pulumi.Output[str]  # a command that follows the service's log
    console: pulumi.Output[str]  # a link
    custom_url: str | None = None
    dns_records: DnsRecords | None = None  # to be made by hand

    def outputs(self, platform: str) -> dict[str, object]:
        """Everything that there is, by the name under which the stack exports it."""
        everything = {
            "url": self.url,
            "platform": platform,
            "region": self.region,
            "image": self.image,
            "promoted": self.promoted,
            "releases": self.releases,
            "logs": self.logs,
            "console": self.console,
            "customUrl": self.custom_url,
            "dnsRecords": self.dns_records,
        }
        return {name: value for name, value in everything.items() if value is not None}


def deploy(service: Service, past: History) -> Deployment:
    """Make the resources of the service's platform, whose SDK alone is imported: each cloud's is large."""
    of_platform: Callable[[Service, History], Deployment] = import_module(f"stacks.{service.platform}").deploy
    return of_platform(service, past)
