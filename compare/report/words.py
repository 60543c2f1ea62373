"""The words for figures that all renderers share: milliseconds, intervals, shares, and reasons for a missing figure."""

from compare.report.model import Comparison, Figure, Headline, Series, TargetReport


def ms(value: float) -> str:
    """Milliseconds with three figures: "0.42 ms", "12.3 ms", "1.25 s"."""
    if value >= 1000:  # noqa: PLR2004 -- a second
        return f"{value / 1000:.2f} s"
    if value >= 100:  # noqa: PLR2004 -- three figures
        return f"{value:.0f} ms"
    return f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"  # noqa: PLR2004 -- three figures


def value(figure: Figure) -> str:
    """The figure's value, or why there is none."""
    return ms(figure.value) if figure.value is not None else (figure.why or "not known")


def interval(figure: Figure) -> str:
    """The figure's interval in brackets, or why there is none."""
    if figure.low is None or figure.high is None:
        return f"({figure.why})" if figure.value is not None and figure.why else ""
    low, high = ms(figure.low), ms(figure.high)
    if low.endswith(" ms") and high.endswith(" ms"):
        return f"[{low.removesuffix(' ms')}, {high.removesuffix(' ms')}] ms"
    return f"[{low}, {high}]"


def both(figure: Figure) -> str:
    """Value and interval on one line."""
    return f"{value(figure)} {interval(figure)}".strip()


def marked(name: str, *, emulated: bool, before: str = " ") -> str:
    """`name`, with the word "emulated" behind it if it is of something emulated; `before` stands between the two."""
    return f"{name}{before}(emulated)" if emulated else name


def figure_of(comparison: Comparison) -> str:
    """The figure that a comparison is about, after the name of its run if the report has several."""
    return _joined(comparison.run, comparison.figure)


def about(headline: Headline) -> str:
    """What a sentence of the headline is about, after the name of its run; "" if it is about the whole of one run."""
    return _joined(headline.run, headline.about)


def sentence(headline: Headline) -> str:
    """A sentence of the headline on one line."""
    return _joined(headline.run, headline.about, headline.words)


def _joined(*parts: str | None) -> str:
    return ": ".join(part for part in parts if part)


def find(target: TargetReport, kind: str, connection: str, how: str | None = None) -> Series | None:
    """The target's series of that kind, None when it has none."""
    for series in target.series:
        if (series.kind, series.connection, series.how) == (kind, connection, how):
            return series
    return None


def cold(target: TargetReport) -> Series | None:
    """The target's cold starts: those after idling, else those of bursts."""
    return find(target, "cold", "fresh", "idle") or find(target, "cold", "fresh", "burst")


def warm(target: TargetReport) -> Series | None:
    """The target's warm answers on kept connections, else on fresh ones."""
    return find(target, "warm", "kept") or find(target, "warm", "fresh")


def failed(target: TargetReport) -> str:
    """Failures out of requests."""
    return f"{target.failed} of {target.asked}" if target.failed else "0"


def shares(series: Series | None) -> str:
    """The app's own time against the platform's overhead, as medians."""
    if series is None:
        return "-"
    if series.app_p50.value is None or series.overhead_p50.value is None:
        return series.app_p50.why or "not known"
    return f"{ms(series.app_p50.value)} / {ms(series.overhead_p50.value)}"


def instances(series: Series) -> str:
    """How many instances answered."""
    if series.instances is None:
        return "instances unknown"
    return "one instance" if series.instances == 1 else f"{series.instances} instances"


def counted(series: Series) -> str:
    """How many samples, and their kind if it is not the usual one: bursts, restored ones, fresh connections."""
    if series.kind == "cold":
        burst = ", in bursts" if series.how == "burst" else ""
        restored = (
            ""
            if not series.restored
            else ", restored"
            if series.restored == series.n
            else f", {series.restored} restored"
        )
        return f"n={series.n}{burst}{restored}"
    return (
        f"n={series.n}, fresh" if (series.kind, series.connection) == ("warm", "fresh") else f"n={series.n}"
    )


def series_name(series: Series) -> str:
    """A series in words: "cold, idle", "warm, kept"."""
    return f"{series.kind}, {series.how or series.connection}"


PHASES = ("name", "connect", "tls", "platform", "start", "app", "transfer")
PHASE_WORDS = {
    "name": "the host's name is looked up",
    "connect": "TCP connects",
    "tls": "TLS is agreed",
    "platform": "the way to the app and back, and all the platform does in between",
    "start": "the instance's process starts, or is restored, and becomes ready for the request (cold starts only)",
    "app": "the app's own time, as it says itself",
    "transfer": "the rest of the answer arrives after its first byte",
}
