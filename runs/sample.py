"""Makes a sample of one answer, or of a missing answer: its kind (cold, warm, load, discarded) and the proof of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["cold", "warm", "load", "discarded"]
Connection = Literal["fresh", "kept"]
How = Literal["idle", "burst"]


FIRST_CONTACT = "first contact"
OPENING = "opening the connection"
WAKING = "waking the instance"
COLD_IN_WARM = "cold start in a warm round"
COLD_UNDER_LOAD = "cold start under load"
PREPARATIONS = {FIRST_CONTACT, OPENING, WAKING}

# In milliseconds a picosecond, and 31 years. A service may say any time of its own, and a file may hold any.
_LEAST, _MOST = 1e-9, 1e12


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds from the start of a request, cumulative as libcurl gives them; `app` is a duration of its own.

    name: the host's name is resolved. connect: TCP is connected. tls: TLS is agreed, None without TLS.
    first_byte: the answer's first byte has arrived. total: all of it has. app: the app's own time (Server-Timing).
    On a kept connection the first three are next to nothing.
    """

    name: float
    connect: float
    tls: float | None
    first_byte: float
    total: float
    app: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request, before anything is concluded from it. `error` is set if nothing usable came back."""

    connection: Connection
    status: int | None
    times: Times
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body_sha256: str | None = None
    size: int = 0
    connects: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured request, as a line of samples.jsonl holds it (docs/compare.md describes each field)."""

    target: str
    platform: str | None
    emulated: bool
    kind: Kind
    connection: Connection
    how: How | None
    why: str | None
    cycle: int
    round: int
    at_s: float
    late_ms: float | None
    status: int | None
    ok: bool
    error: str | None
    ms: Times
    body_sha256: str | None
    bytes: int
    instance: str | None
    request_number: int | None
    instance_age_ms: float | None
    build: str | None
    restored: bool = False  # in no run from before SnapStart

    def record(self) -> dict[str, Any]:
        """The sample as the JSON object of one line."""
        # dataclasses.asdict copies every value, deeply; these are numbers and texts.
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["ms"] = {name: getattr(self.ms, name) for name in self.ms.__slots__}
        return {"record": "sample", **fields}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Sample":
        """The sample of one line's object; KeyError, TypeError or ValueError when it is not one."""
        complete = {"restored": False, **record}
        values: dict[str, Any] = {name: complete[name] for name in cls.__slots__ if name != "ms"}
        ms: dict[str, Any] = record["ms"]
        sample = cls(ms=Times(**ms), **values)
        always = [ms[name] for name in ("name", "connect", "first_byte", "total")] + [values["at_s"]]
        maybe = [
            ms["tls"],
            ms["app"],
            *(values[name] for name in ("late_ms", "request_number", "instance_age_ms")),
        ]
        counts = [values[name] for name in ("cycle", "round", "bytes")]
        sound = (
            all(map(_measured, [*always, *counts, *(number for number in maybe if number is not None)])),
            all(isinstance(number, int) for number in counts),
            isinstance(values["target"], str),
            isinstance(values["ok"], bool) and isinstance(values["restored"], bool),
            values["kind"] in get_args(Kind),
        )
        if not all(sound):
            raise ValueError
        return sample


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the run a request was sent: cycle and round from 0, seconds since the run began."""

    cycle: int
    round: int
    at_s: float
    late_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The target that answered: its name, its platform if known, and whether it is an emulation on this machine."""

    name: str
    platform: str | None
    emulated: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """What an instance says about itself in a response's headers; a part that it does not say is None.

    restored: whether it says that it was restored from a snapshot; its age then counts from there.
    """

    instance: str | None
    number: int | None
    age_ms: float | None
    build: str | None
    restored: bool

    def cold(self, waited_ms: float) -> bool | None:
        """Whether this answer was a cold start: the first request of an instance that started while the caller waited.

        None if the headers do not say. If the instance is older, it was initialised ahead of time: not a cold start.
        """
        if self.number is None or self.age_ms is None:
            return None
        return self.number == 1 and self.age_ms <= waited_ms


def identity(headers: Mapping[str, str]) -> Identity:
    """The identity headers of a response; a value that should be a number and is not counts as missing."""
    number = _number(headers.get("x-instance-request"))
    return Identity(
        instance=headers.get("x-instance-id") or None,
        number=None if number is None else int(number),
        age_ms=_number(headers.get("x-instance-age-ms")),
        build=headers.get("x-build-id") or None,
        restored=headers.get("x-instance-start") == "restored",
    )


# What stands between commas, and between semicolons, where neither counts within quotes (RFC 9110, 5.6.4).
_METRICS = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^,"]|")+')
_PARTS = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^;"]|")+')
# Not all that float() takes: nan, 1_0, digits of other scripts.
_DECIMAL = re.compile(r"[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+\.")


def app_duration(server_timing: str) -> float | None:
    """Milliseconds of the metric `app` in a Server-Timing header, None without one."""
    for metric in _METRICS.findall(server_timing):
        name, *parameters = (part.strip() for part in _PARTS.findall(metric))
        if name == "app":
            for parameter in parameters:
                key, _, value = parameter.partition("=")
                if key.strip().lower() == "dur":
                    return _number(value.strip().strip('"'))
    return None


def attempted_cold(source: Source, moment: Moment, answer: Answer, expect: int, how: How) -> Sample:
    """The sample of a request that was meant to be a cold start: "cold" if proven or failed, else "discarded"."""
    who = identity(answer.headers)
    proof = who.cold(answer.times.first_byte)
    why = None
    if error_of(answer, expect) is None and not proof:
        why = _why_not_cold(who, proof)
    return _sample(source, moment, answer, expect, kind="discarded" if why else "cold", how=how, why=why)


def attempted_warm(
    source: Source, moment: Moment, answer: Answer, expect: int, connection: Connection
) -> Sample:
    """The sample of a request that was meant to be warm on a `connection`: "warm", or "discarded" if it was not."""
    return _sample(source, moment, answer, expect, kind="warm", why=_why_not_warm(answer, expect, connection))


def attempted_load(source: Source, moment: Moment, answer: Answer, expect: int) -> Sample:
    """The sample of a request of the load: "load", or "discarded" if it was a cold start."""
    who = identity(answer.headers)
    cold = error_of(answer, expect) is None and who.cold(answer.times.first_byte)
    return _sample(source, moment, answer, expect, kind="load", why=COLD_UNDER_LOAD if cold else None)


def preparation(source: Source, moment: Moment, answer: Answer, expect: int, why: str) -> Sample:
    """The sample of a request that only prepared others (first contact, opening a connection): "discarded"."""
    return _sample(source, moment, answer, expect, kind="discarded", why=why)


def error_of(answer: Answer, expect: int) -> str | None:
    """What is wrong with an answer, in one line; None if it is as expected."""
    if answer.error or answer.status == expect:
        return answer.error
    moved = f" to {answer.headers['location']}" if answer.headers.get("location") else ""
    return f"HTTP {answer.status}{moved} where {expect} was expected"


def leads_to(sample: Sample) -> str:
    """Where an answer leads whose status was another than the expected one, by `error_of`; "" for nowhere."""
    moved = re.fullmatch(r"HTTP \d+ to (.*) where \d+ was expected", sample.error or "")
    return moved[1] if moved else ""


def _sample(
    source: Source,
    moment: Moment,
    answer: Answer,
    expect: int,
    *,
    kind: Kind,
    how: How | None = None,
    why: str | None = None,
) -> Sample:
    who = identity(answer.headers)
    error = error_of(answer, expect)
    return Sample(
        target=source.name,
        platform=source.platform,
        emulated=source.emulated,
        kind="discarded" if why else kind,
        connection=answer.connection,
        how=how,
        why=why,
        cycle=moment.cycle,
        round=moment.round,
        at_s=round(moment.at_s, 6),
        late_ms=None if moment.late_ms is None else round(moment.late_ms, 3),
        status=answer.status,
        ok=error is None,
        error=error,
        ms=answer.times,
        body_sha256=answer.body_sha256,
        bytes=answer.size,
        instance=who.instance,
        request_number=who.number,
        instance_age_ms=who.age_ms,
        build=who.build,
        restored=who.restored,
    )


def _why_not_cold(who: Identity, proof: bool | None) -> str:  # noqa: FBT001 -- three-valued, not a switch
    if proof is None:
        return "no identity headers, so a cold start cannot be proven"
    if who.number == 1:
        return "not a cold start: the instance was initialised ahead of time"
    return "not a cold start: the instance had answered before"


def _why_not_warm(answer: Answer, expect: int, connection: Connection) -> str | None:
    if error_of(answer, expect) is not None:
        return None
    who = identity(answer.headers)
    if who.cold(answer.times.first_byte):
        return COLD_IN_WARM
    if who.number == 1:
        return "first request of an instance initialised ahead of time"
    if connection == "kept" and answer.connects:
        return "the kept connection had been closed"
    return None


def _measured(value: object) -> bool:
    """Whether `value` can have been measured or counted: 0, or a number that no clock or counter is too coarse for."""
    return isinstance(value, int | float) and (value == 0 or _LEAST <= value <= _MOST)


def _number(text: str | None) -> float | None:
    if not text or not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if _measured(value) else None
