"""Estimates from the first contact with the targets how long a plan will take, before anything is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from runs.plan import Plan


@dataclass(frozen=True)
class Contact:
    """All that is known after the first contact.

    cycles, rounds: still to do, at most. idle_s: how long targets are left alone in a cycle. starts_s: of each target
    that is to have cold starts, the seconds of its first answer, which is one if the target had no instance.
    round_s: seconds of a warm round, 0 if none was tried. targets: those that answered.
    """

    cycles: int
    rounds: int
    idle_s: float
    starts_s: Sequence[float]
    round_s: float
    targets: int

    def seconds(self, plan: Plan) -> float:
        """About how many seconds the run will take; for an open-ended run, at most."""
        seconds = self._starting_s(plan) + (self.rounds + self.cycles) * self.round_s
        if plan.duration_s is not None:
            seconds = min(seconds, plan.duration_s)
        return seconds + self._load_s(plan)

    def _starting_s(self, plan: Plan) -> float:
        """Seconds of all cold starts and of the idle times before them."""
        if plan.cold == "none" or not self.starts_s:
            return 0.0
        wanted = plan.cold_starts if plan.cold == "idle" else -(-plan.cold_starts // plan.burst)
        # Instances that end while others start are woken again, all at once.
        others_s = sum(self.starts_s) - min(self.starts_s)
        waking_s = max(self.starts_s) if plan.cold == "idle" and others_s > self.idle_s / 2 else 0.0
        return min(self.cycles, wanted) * (self.idle_s + sum(self.starts_s) + waking_s)

    def _load_s(self, plan: Plan) -> float:
        """Seconds of the open loop on one target after the other; each opens its connections one by one."""
        if not plan.rate:
            return 0.0
        return self.targets * plan.load_s + plan.load_connections * self.round_s / len(plan.connections)
