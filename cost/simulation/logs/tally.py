"""Records into the requests that count: one for all records of a request, without health checks."""

import re
from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cost.simulation.arrivals import Floats
from cost.simulation.logs.request import Kind, Request, Unread

PENDING = 50_000
"""Requests whose further records are waited for: they stand close together, and memory does not grow with a log."""
MOST = 50
"""Records of one kind that one request may have. If more share an id, it is no request's, but a session's."""
PATHS_KEPT = 50_000
SAMPLES = 1 << 16
LONGEST_EXAMPLE = 80
HEALTH_CHECKS = "health checks"
EXCLUDED = "requests that --exclude names"
REPEATED = "further records of the same requests"

HEALTH_PATH = re.compile(
    r"(?:^|/)(?:_?health(?:z|s|y|[-_]?checks?)?|livez?|readyz?|liveness|readiness|lbheartbeat|heartbeat)(?:/|$)"
    r"|/health/|^/-/(?:healthy|ready)$",
    re.IGNORECASE,
)
HEALTH_AGENT = re.compile(r"[Hh]ealth[-_ ]?[Cc]heck|GoogleHC|kube-probe")
"""Load balancers' and Kubernetes' own. Monitors from outside go on asking, wherever the service runs."""


@lru_cache(maxsize=PATHS_KEPT)
def is_check(agent: str) -> bool:
    """Whether a user agent is that of a health check."""
    return HEALTH_AGENT.search(agent) is not None


class Samples:
    """Evenly spaced samples of values without end, at most SAMPLES of them, and how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[float] = []
        self._step = 1

    def add(self, value: float) -> None:
        self.extend((value,))

    def extend(self, values: Sequence[float]) -> None:
        """Add several."""
        self._kept.extend(values[-self.count % self._step :: self._step])
        self.count += len(values)
        while len(self._kept) >= SAMPLES:
            self._kept = self._kept[::2]
            self._step *= 2

    @property
    def values(self) -> NDArray[np.float64]:
        return np.array(self._kept)


@dataclass
class Column:
    """What is kept of the requests of one kind. sized, sent: those that say their bytes, and the sum of these."""

    times: "array[float]" = field(default_factory=lambda: array("d"))
    sized: int = 0
    sent: int = 0
    seconds: Samples = field(default_factory=Samples)

    def extend(self, times: Floats, sizes: Sequence[int], seconds: Sequence[float]) -> None:
        """Add requests."""
        self.times.frombytes(times.tobytes())
        self.sized += len(sizes)
        self.sent += sum(sizes)
        self.seconds.extend(seconds)


class Record(NamedTuple):
    """What is kept of a request whose further records are waited for. records: all of it, if there are several."""

    time: float
    kind: Kind
    sent: int | None
    seconds: float | None
    reason: str | None
    records: "tuple[Record, ...]" = ()


Row = tuple[float, Kind, int | None, float | None, str | None, tuple[Record, ...]]
"""A Record without its names, which takes a fifth of the time to make."""


class Tally:
    """Counts requests as they come. Of each kind apart: which of them count is known at the end."""

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        self.columns = {kind: Column() for kind in Kind}
        self.left: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self._excluded = [re.compile(translate(pattern)) for pattern in exclude]
        self.reasons: dict[bytes | str, str | None] = {}
        self.targets: dict[bytes, str | None] = {}
        self._pending: dict[str, Row] = {}
        self._older: dict[str, Row] = {}
        self._shared: set[str] = set()

    def add(self, request: Request | Unread, line: str = "") -> None:
        """Count a record; `line` is shown if it is the first unread one of its reason."""
        if isinstance(request, Unread):
            self.miss(request.reason, line)
        elif request.id is not None:
            self._merge(
                request.id,
                Record(request.time, request.kind, request.sent, request.seconds, self._reason(request)),
            )
        else:
            self._count(request, self._reason(request))

    def miss(self, reason: str, line: str) -> None:
        """Count a line that is no request."""
        self.unread[reason] += 1
        if reason not in self.examples:
            self.examples[reason] = line[: 4 * LONGEST_EXAMPLE]

    def reason(self, path: bytes | str) -> str | None:
        """Why requests of a path do not count; None if they do."""
        try:
            return self.reasons[path]
        except KeyError:
            if len(self.reasons) > PATHS_KEPT:
                self.reasons.clear()
            text = path if isinstance(path, str) else path.decode("utf-8", "replace")
            reason = self.reasons[path] = self._why(text)
            return reason

    def add_identified(
        self,
        kind: Kind,
        ids: Sequence[str],
        times: Sequence[float],
        sizes: Sequence[int],
        seconds: Sequence[float],
        whys: Sequence[str | None] | None,
    ) -> None:
        """Count requests of one kind that have ids; no sizes, seconds or whys if none says them."""
        none = repeat(None)
        rows = zip(
            times, repeat(kind), sizes or none, seconds or none, whys or none, repeat(()), strict=False
        )
        row_by_id: dict[str, Row] = dict(zip(ids, rows, strict=False))
        known = (self._pending.keys(), self._older.keys(), self._shared)
        if len(row_by_id) == len(ids) and all(row_by_id.keys().isdisjoint(kept) for kept in known):
            self._pending |= row_by_id
            self._turn()
            return
        rows = zip(times, repeat(kind), sizes or none, seconds or none, whys or none, strict=False)
        for same, row in zip(ids, rows, strict=False):
            self._merge(same, Record(*row))

    def finish(self) -> None:
        """Count the requests whose further records were waited for."""
        for kept in (self._older, self._pending):
            self._count_all(kept.values())
            kept.clear()

    def _why(self, path: str) -> str | None:
        path = re.sub(r"^https?://[^/]*", "", path).partition("?")[0] or "/"
        if HEALTH_PATH.search(path):
            return HEALTH_CHECKS
        return EXCLUDED if any(pattern.match(path) for pattern in self._excluded) else None

    def _reason(self, request: Request) -> str | None:
        reason = self.reason(request.path) if request.path is not None else None
        if reason is None and request.agent is not None and HEALTH_AGENT.search(request.agent):
            return HEALTH_CHECKS
        return reason

    def _count(self, request: Request | Record, reason: str | None) -> None:
        if reason is not None:
            self.left[reason] += 1
            return
        column = self.columns[request.kind]
        column.times.append(request.time)
        if request.sent is not None:
            column.sized += 1
            column.sent += request.sent
        if request.seconds is not None:
            column.seconds.add(request.seconds)

    def _count_all(self, rows: Collection[Row]) -> None:
        if not rows:
            return
        times, kinds, sizes, seconds, reasons, several = zip(*rows, strict=True)
        if any(several) or any(reasons) or len(set(kinds)) > 1:
            for row in map(Record._make, rows):
                record = _together(row.records) if row.records else row
                self._count(record, record.reason)
            return
        self.columns[kinds[0]].extend(
            np.array(times),
            [size for size in sizes if size is not None],
            [second for second in seconds if second is not None],
        )

    def _merge(self, same: str, record: Record) -> None:
        if same in self._shared:
            self._count(record, record.reason)
            return
        kept = self._pending if same in self._pending else self._older
        if same not in kept:
            self._pending[same] = record
            self._turn()
            return
        self.unread[REPEATED] += 1
        first = Record._make(kept[same])
        records = (*(first.records or (first,)), record)
        kept[same] = first._replace(records=records)
        if len(records) > MOST and max(Counter(each.kind for each in records).values()) > MOST:
            self._shared.add(same)
            del kept[same]
            self.unread -= Counter({REPEATED: len(records) - 1})  # without what is zero
            self._count_all(records)

    def _turn(self) -> None:
        """Count what has waited for long enough."""
        if len(self._pending) >= PENDING:
            self._count_all(self._older.values())
            self._older, self._pending = self._pending, {}


def _together(records: Sequence[Record]) -> Record:
    """The records of one request as one, in whatever order they came.

    It began at the earliest of their times. Each figure is that of the records that know most of the request, the
    largest if they differ.
    """
    return Record(
        min(record.time for record in records),
        max(record.kind for record in records),
        max(
            ((record.kind, record.sent) for record in records if record.sent is not None),
            default=(None, None),
        )[1],
        max(
            ((record.kind, record.seconds) for record in records if record.seconds is not None),
            default=(None, None),
        )[1],
        min((record.reason for record in records if record.reason is not None), default=None),
    )
