"""What a platform's deploy() hands back: the stack's outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

# A DNS record as a person enters it: {"name", "type", "value"}.
DnsRecords = pulumi.Output[Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class Deployment:
    """One deployed service, each field an output of the stack under the same name in camelCase."""

    url: pulumi.Output[str]
    image: pulumi.Output[str]  # REPOSITORY@sha256:DIGEST
    region: str
    promoted: pulumi.Output[str]  # the version, revision or digest that gets all traffic but the canary's
    logs: pulumi.Output[str]  # a command that follows the service's log
    console: pulumi.Output[str]  # a link
    releases: pulumi.Output[Sequence[Mapping[str, str]]] | None = None  # [{"version", "digest"}], newest last
    custom_url: str | None = None
    dns_records: DnsRecords | None = None  # to be made by hand

    def export(self, platform: str) -> None:
        """Make everything that there is an output of the stack."""
        outputs = {
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
        for name, value in outputs.items():
            if value is not None:
                pulumi.export(name, value)
