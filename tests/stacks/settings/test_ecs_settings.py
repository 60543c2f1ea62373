"""What ECS Express Mode has no setting for is refused with the reason, and what takes its place works."""

import pytest

from tests.stacks.ecs_cloud import EXPRESS
from tests.stacks.graph import run, service
from tests.stacks.settings.test_settings import problems


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"concurrency": 10},
            (
                "concurrency: it is 10; ECS Express Mode has no such setting: it adds tasks by their CPU; "
                "environment.THREADS says how many requests a task works on. Type `pulumi config rm concurrency`"
            ),
        ),
        (
            {"canaryPercent": 10},
            (
                "canaryPercent: it is 10; ECS Express Mode has no such setting: it moves 5% of the traffic to each new "
                "release, and the rest minutes later, by itself. Type `pulumi config rm canaryPercent`"
            ),
        ),
        (
            {"domain": "api.example.com"},
            (
                "domain: it is 'api.example.com'; ECS Express Mode has no such setting: the load balancer is Express "
                "Mode's own; docs/domain.md says how to add a domain by hand. Type `pulumi config rm domain`"
            ),
        ),
        (
            {"timeout": 30},
            (
                "timeout: it is 30; ECS Express Mode has no such setting: its load balancer gives up a request after "
                "60 seconds of silence. Type `pulumi config rm timeout`"
            ),
        ),
        ({"architecture": "arm64"}, "architecture: it is 'arm64'; ECS Express Mode allows amd64"),
        ({"minInstances": -1}, "minInstances: it is -1; ECS Express Mode allows 1 to 5000"),
        (
            {"minInstances": 3},
            "minInstances: it is 3; at most maxInstances is allowed, which is 2",
        ),
        (
            {"cpu": "4"},
            "memory: it is 512; with cpu 4 ECS Express Mode allows 8192",
        ),
        (
            {"environment": {"LOG_LEVEL": ""}},
            (
                "environment.LOG_LEVEL: it is empty; ECS Express Mode drops a variable without a value. Type "
                "`pulumi config rm --path environment.LOG_LEVEL`"
            ),
        ),
        (
            {"environment": {"ECS_CONTAINER_METADATA_URI_V4": "x"}},
            "environment.ECS_CONTAINER_METADATA_URI_V4: this variable is set for ECS Express Mode already",
        ),
    ],
)
def test_what_express_mode_cannot_do_is_said_with_the_reason(config: dict[str, object], problem: str) -> None:
    """Never passed over."""
    assert problems("ecs", **config) == [problem]


def test_the_requests_that_a_task_works_on_are_a_setting_of_the_app() -> None:
    """In place of concurrency, which the platform does not have."""
    container = run(service("ecs", environment={"THREADS": 4})).one(EXPRESS).inputs["primaryContainer"]

    assert container["environments"] == [{"name": "THREADS", "value": "4"}]
