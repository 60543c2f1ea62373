"""The rule by which a platform scales, and the sizes and columns of what the simulation keeps."""

import math
from typing import NamedTuple

SLOTS = 1024  # instances at once
ROOM = 1 << 17  # requests in flight at once
EVENTS = 2 * ROOM  # what can happen next: a request in flight may have two events, one of them out of date
HELD = 1 << 16  # requests held at once
BINS_OF_DECADE = 512
SHORTEST_S = 1e-4
BINS = BINS_OF_DECADE * 8

ROWS = 1 << 13  # of a table that is drawn from; longer ones are thinned out
SEEN, LASTS, BILLED, BIN = 0, 1, 2, 3  # columns of the table of requests that share nothing
# Of those that share a CPU: CPU seconds, seconds of waiting, seconds to get there and back, the bin of one that has an
# instance for itself, and how long that one computes.
WORK, WAITS, BEYOND, BIN_ALONE, ALONE = 0, 1, 2, 3, 4
COLUMNS = 5
ANSWERED, STARTED, COMPUTED = 0, 1, 2  # kinds of events; an event is four times its slot, plus its kind
BEGINS, BEGINS_BILLED = 0, 1  # of the table of starts
NEVER = -math.inf
ROUNDING = 1e-5  # of a step: what the difference of two times may be off without beginning another step


class Rule(NamedTuple):
    """How a platform scales, and how it counts time; seconds.

    concurrency, minimum, maximum: requests at once in an instance, fewest and most instances.
    cpus: vCPUs that the requests of an instance share, 0 if each has its own. target: the share of the CPU of all
    instances beyond which another is added, looked at each minute, 0 for never.
    wait, wait_startups: a request without room waits so long, or so many average starts, and is then refused.
    active_step, active_minimum: an active time is rounded up to this step, and counts at least this long.
    stop: seconds of stopping that count as active.
    wanted: whether instances go if requests at once want fewer, used or not; else each goes once it has been idle.
    provisioned: whether the minimum's instances are of a kind of their own, which take requests first and never go.
    """

    concurrency: int
    minimum: int
    maximum: int
    wait: float
    wait_startups: float
    active_step: float
    active_minimum: float
    stop: float
    cpus: float = 0.0
    target: float = 0.0
    wanted: bool = False
    provisioned: bool = False
