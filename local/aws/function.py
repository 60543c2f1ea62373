"""The function behind a door: gives each event to an instance of its own, and brings the outcome back."""

from typing import TYPE_CHECKING

import platforms
from local.aws.instance import LambdaInstance, NotTakenError, runtime_environment
from local.aws.snapshot import Snapshot
from local.aws.streamed import Streamed
from local.instances.pool import Lease, Pool, StartError
from local.settings import SettingsError

if TYPE_CHECKING:
    from local.aws.runtime_api import Outcome
    from local.instances.process import Reaper
    from local.log import Log
    from local.settings import Behaviour, Settings


class Function:
    """Instances of the function, gone when they are idle, unless they are provisioned.

    `restore_timeout`: seconds for a restore with its hooks.
    """

    def __init__(
        self,
        settings: "Settings",
        behaviour: "Behaviour",
        log: "Log",
        reaper: "Reaper",
        restore_timeout: float = platforms.limit("aws", "restore_timeout"),
    ) -> None:
        self._settings = settings
        self._start_timeout = (
            restore_timeout if settings.snapstart else platforms.limit("aws", "init_timeout")
        )
        # "The 10-second timeout doesn't apply to functions that are using provisioned concurrency or SnapStart."
        self._ahead_timeout = max(platforms.limit("aws", "ahead_init_timeout"), behaviour.timeout)
        self._behaviour = behaviour
        self._log = log
        self._reaper = reaper
        self._pool: Pool[LambdaInstance] = Pool(behaviour.policy, self._launch, log, grace=0)
        self._snapshot = (
            Snapshot(settings, behaviour, lambda port: runtime_environment(settings, port), log, reaper)
            if settings.snapstart
            else None
        )

    async def begin(self) -> None:
        """Do what `pulumi up` waits for: publish a version with a snapshot, or have instances provisioned.

        Raises SettingsError if that fails. If neither is asked for, nothing runs before the first request.
        """
        if self._snapshot:
            await self._snapshot.publish()
        elif number := self._behaviour.policy.minimum:
            try:
                await self._pool.started(number)
            except StartError as problem:
                raise SettingsError(f"provisioning concurrency failed: {problem}") from None

    async def close(self) -> None:
        """End every instance."""
        await self._pool.close()
        if self._snapshot:
            await self._snapshot.close()

    async def invoke(self, event: bytes, trace_id: str) -> "Outcome":
        """The outcome of one event. Raises RefusedError if no instance may take it, StartError if none starts."""
        lease = await self._pool.acquire()
        outcome: Outcome | None = None
        try:
            while True:
                try:
                    outcome = await lease.instance.invoke(event, trace_id)
                except NotTakenError:
                    lease = await self._pool.put_back(lease)
                else:
                    return outcome
        finally:
            self._release(lease, outcome)

    def _release(self, lease: Lease[LambdaInstance], outcome: "Outcome | None") -> None:
        """Free the instance. If its response comes in pieces, it is free when the last piece has come."""
        if isinstance(outcome, Streamed):
            outcome.ended.add_done_callback(lambda _: self._pool.release(lease))
        else:
            self._pool.release(lease)

    async def _launch(self, number: int, provisioned: bool) -> LambdaInstance:  # noqa: FBT001 - as the pool has it
        instance = LambdaInstance(
            str(number),
            self._settings,
            self._behaviour.timeout,
            self._log,
            self._reaper,
            on_end=lambda: self._lost(number),
            snapshot=self._snapshot,
            provisioned=provisioned,
        )
        try:
            await instance.initialise(self._ahead_timeout if provisioned else self._start_timeout)
        except BaseException:
            await instance.stop(0)
            raise
        return instance

    def _lost(self, number: int) -> None:
        self._pool.lost(number)
