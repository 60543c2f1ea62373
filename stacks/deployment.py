"""The result of a platform's deploy(): the stack's outputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import pulumi

from platforms import FactError
from stacks.releases import History
from stacks.running import Outcome
from stacks.settings import Service

# A DNS record as a person enters it: {"name", "type", "value"}.
DnsRecords = pulumi.Output[Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class Deployment:
    """One deployed service. Each field except `outcome` is an output of the stack, under its name in camelCase."""

    url: pulumi.Output[str]
    service: pulumi.Input[str]  # the function or service, as the platform names it
    outcome: pulumi.Output[Outcome]  # what the platform says that it runs
    region: str
    logs: pulumi.Output[str]  # a command that follows the service's log
    console: pulumi.Output[str]  # a link
    custom_url: str | None = None
    dns_records: DnsRecords | None = None  # to be made by hand

    def outputs(self, platform: str) -> dict[str, object]:
        """All outputs that there are, by the names under which the stack exports them."""
        everything = {
            "url": self.url,
            "platform": platform,
            "region": self.region,
            "service": self.service,
            "image": self.outcome.apply(lambda outcome: outcome.image),
            "promoted": self.outcome.apply(lambda outcome: outcome.promoted),
            "promotedBefore": self.outcome.apply(lambda outcome: outcome.promoted_before),
            "releases": self.outcome.apply(lambda outcome: list(outcome.releases)),
            "traffic": self.outcome.apply(lambda outcome: dict(outcome.traffic)),
            "logs": self.logs,
            "console": self.console,
            "customUrl": self.custom_url,
            "dnsRecords": self.dns_records,
        }
        return {name: value for name, value in everything.items() if value is not None}

    def check(self) -> None:
        """Fail an `up` after its outputs are written, if something else runs than was asked for."""
        if not pulumi.runtime.is_dry_run():
            self.outcome.apply(_refuse)


def _refuse(outcome: Outcome) -> None:
    if outcome.problems:
        raise pulumi.RunError("\n".join(outcome.problems))


def deploy(service: Service, past: History) -> Deployment:
    """Make the resources of the service's platform; only its SDK is imported, because each cloud's is large.

    FactError for a platform that no package of `stacks` deploys.
    """
    name = f"stacks.{service.platform}"
    if find_spec(name) is None:
        raise FactError(f"{service.platform}: stacks/{service.platform}/__init__.py has to deploy it")
    of_platform: Callable[[Service, History], Deployment] = import_module(name).deploy
    return of_platform(service, past)
