"""The function, its alias and what is kept ready after an `up`, as Lambda describes them, not as the state does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.image import Pushed
from stacks.reading import read_at, readable
from stacks.releases import History
from stacks.running import Asked, Outcome, Running, differences, outcome, told
from stacks.settings import Service


@dataclass(frozen=True)
class Published:
    """The newest version: its number if it may get traffic, the settings asked for, and those that Lambda names."""

    newest: pulumi.Output[str]
    asked: pulumi.Output[Asked]
    told: pulumi.Output[Running]


def checked(
    service: Service,
    pushed: Pushed,
    function: "aws.lambda_.Function",
    environment: Mapping[str, pulumi.Input[str]],
) -> Published:
    """The newest version of `function`, read back; an `up` ends here if it is not what was asked for.

    A refresh compares $LATEST, the function as it would be published. If an `up` ends after a change of $LATEST and
    before its publication, only the version shows that.
    """
    asked = pulumi.Output.all(pushed.reference, pushed.build, environment).apply(
        lambda got: Asked(
            got[0], got[1], _settings(service.memory, service.timeout), got[2], snapshot=service.snap_start
        )
    )
    query = aws.lambda_.get_function_output(
        function_name=function.name,
        qualifier=function.version,
        opts=pulumi.InvokeOutputOptions(depends_on=[function]),
    )
    running = readable(
        pulumi.Output.all(function.version, query).apply(lambda got: running_of(*got)), service.platform
    )
    newest = pulumi.Output.all(asked, running, function.name).apply(
        lambda got: _fit(*got, region=service.region)
    )
    return Published(newest, asked, running)


def read_back(
    service: Service,
    past: pulumi.Output[History],
    published: Published,
    alias: "aws.lambda_.Alias",
    kept: "aws.lambda_.ProvisionedConcurrencyConfig | None",
    share: int,
) -> pulumi.Output[Outcome]:
    """The stack's outputs from the alias as Lambda describes it; no data source gives its shares.

    past: the history of this function.
    """
    wanted = {"minInstances": str(service.min_instances)} if kept else {}
    return pulumi.Output.all(
        published.asked,
        published.told,
        _shares(service, alias),
        alias.function_name,
        past,
        _kept(service, kept) if kept else {},
    ).apply(
        lambda got: outcome(
            replace(
                got[0], primary=got[4].primary(service), share=share, settings={**got[0].settings, **wanted}
            ),
            replace(got[1], shares=got[2], settings={**got[1].settings, **got[5]}),
            got[4],
            service.platform,
            _remedy(got[3], service.region),
        )
    )


def _shares(service: Service, alias: "aws.lambda_.Alias") -> pulumi.Output[dict[str, int]]:
    """The percent of each version."""

    def read(id_: str) -> pulumi.Output[dict[str, int]]:
        live = aws.lambda_.Alias.get(
            f"{service.name}-live", id=id_, opts=pulumi.ResourceOptions(depends_on=[alias])
        )
        weights = live.routing_config.apply(weights_of)
        return pulumi.Output.all(live.function_version, weights).apply(lambda got: shares_of(*got))

    # Not the alias's id in the state, but the id that an import takes. Unknown until the alias is there.
    id_ = pulumi.Output.all(alias.id, alias.function_name, alias.name).apply(lambda got: f"{got[1]}/{got[2]}")
    return read_at(id_, read)


def _kept(
    service: Service, kept: "aws.lambda_.ProvisionedConcurrencyConfig"
) -> pulumi.Output[dict[str, str]]:
    """How many instances Lambda keeps ready, as a setting."""

    def read(id_: str) -> pulumi.Output[dict[str, str]]:
        live = aws.lambda_.ProvisionedConcurrencyConfig.get(
            f"{service.name}-kept", id=id_, opts=pulumi.ResourceOptions(depends_on=[kept])
        )
        return live.provisioned_concurrent_executions.apply(lambda number: {"minInstances": f"{number:g}"})

    id_ = pulumi.Output.all(kept.id, kept.function_name, kept.qualifier).apply(
        lambda got: f"{got[1]},{got[2]}"
    )
    return read_at(id_, read)


def running_of(version: str, answer: Any) -> Running:
    """The settings of `version` by GetFunction; the alias has its traffic."""
    environment = answer.environment.variables if answer.environment else None
    settings = _settings(answer.memory_size, answer.timeout)
    return Running(version, answer.image_uri or "", settings, environment or {}, shares={})


def weights_of(routing: Any) -> dict[str, float]:
    """The weight of each version besides an alias's own, out of its routing configuration or None."""
    return dict((routing.additional_version_weights if routing else None) or {})


def shares_of(version: str, weights: Mapping[str, float]) -> dict[str, int]:
    """The percent of each version, out of an alias's version and the weights of others."""
    extra = {other: round(weight * 100) for other, weight in weights.items()}
    return {version: 100 - sum(extra.values()), **extra}


def _settings(memory: int, timeout: int | None) -> dict[str, str]:
    return {"memory": str(memory), "timeout": str(timeout)}


def _fit(asked: Asked, running: Running, name: str, *, region: str) -> str:
    wrong = told(differences(asked, running), "aws", _remedy(name, region))
    if wrong and not pulumi.runtime.is_dry_run():
        raise pulumi.RunError("\n".join(wrong))
    return running.newest


def _remedy(name: str, region: str) -> str:
    return (
        "If it says the same again, an earlier `up` ended before the new version was published: type "
        f"`aws lambda publish-version --function-name {name} --region {region}`, then `pulumi up`."
    )
