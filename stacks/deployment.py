"""The result of a platform's deploy(): the stack's outputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pulumi
from pulumi.output import Unknown

from platforms import FactError
from stacks.releases import History
from stacks.running import Outcome
from stacks.settings import Service

# The outputs that say which releases there are of which service.
OF_RELEASES = ("service", "image", "promoted", "promotedBefore", "releases", "traffic")

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

    def outputs(self, platform: str, last: Mapping[str, Any]) -> dict[str, object]:
        """All outputs that there are, by the names under which the stack exports them.

        last: those of the last `up`. An `up --target` may leave out what was never made, such as a new secret; then it
        is unknown what was asked for, and the outputs about releases stay as they were.
        """
        everything: dict[str, object] = {
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
        exported = {name: value for name, value in everything.items() if value is not None}
        is_same = (last.get("platform"), last.get("region")) == (platform, self.region)
        if pulumi.runtime.is_dry_run() or not is_same:
            return exported
        stay = {
            name: self._unless_unknown(everything[name], last[name]) for name in OF_RELEASES if name in last
        }
        return {**exported, **stay}

    def _unless_unknown(self, output: object, before: object) -> pulumi.Output[Any]:
        """`output`, or `before` if it is unknown what runs."""
        return self.outcome.apply(
            lambda outcome: before if isinstance(outcome, Unknown) else output, run_with_unknowns=True
        )

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
