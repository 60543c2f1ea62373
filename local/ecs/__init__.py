"""ECS Express Mode on this machine: tasks of gunicorn behind a load balancer; a sick or dead task is replaced.

Sources: docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html (health checks, stopping),
docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html (another task is started before the
sick one is stopped), docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html (if
all are sick, all get requests). The variables were seen in running tasks. load_balancer.py has what the load balancer
does to a request.

There are always as many tasks as the minimum. The real service adds tasks some minutes after their average CPU has
passed 60%. That is not emulated: no request waits for it, and this machine's CPU is not a task's.
"""

import platforms
from local.aws.instance import REGION
from local.ecs import load_balancer
from local.http import front
from local.instances import health
from local.instances.health import HealthCheck, Watch
from local.instances.process import Reaper
from local.instances.server import Backend, Server
from local.log import Log
from local.settings import Behaviour, Settings, SettingsError


def environment(port: int) -> dict[str, str]:
    """The variables that Fargate sets in a task, but not the metadata endpoint's address: nothing answers there."""
    return {
        "PORT": str(port),
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


class Service:
    """The load balancer and the service behind it, as an ASGI application."""

    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        log: Log,
        reaper: Reaper,
        check: HealthCheck | None = None,
    ) -> None:
        self._log = log
        if not settings.health:
            raise SettingsError(
                "ECS's load balancer asks a path whether the app is healthy, and app.toml names none: write one there "
                'that answers 200, such as health = "/", or give --health'
            )
        grace = platforms.limit("ecs", "health_grace")
        self._watch = Watch(
            check or HealthCheck.of("ecs", settings.health, grace=grace), grace, self._replace
        )
        self._backend = Backend(
            settings,
            behaviour,
            log,
            reaper,
            environment=environment,
            ready=self._watch.become_healthy,
            grace=platforms.limit("ecs", "stop_grace"),
        )

    async def begin(self) -> None:
        """Deploy: start the tasks and wait for the first. Raises SettingsError if that fails."""
        await health.deploy(self._backend.pool, "ECS Express Mode's first task")

    async def close(self) -> None:
        """End every task."""
        await self._watch.close()
        await self._backend.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        request = front.request_of(scope, b"")
        answer = load_balancer.refusal(request) or await self._backend.answer(
            load_balancer.to_target(request),
            receive,
            send,
            load_balancer.to_client,
            load_balancer.FAILURES,
        )
        if answer:
            await front.respond(send, answer)

    async def _replace(self, server: Server, problem: str) -> None:
        self._log.event(f"instance {server.number} unhealthy: {problem}")
        self._backend.pool.sick(server.number)
