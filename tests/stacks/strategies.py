"""Random settings that a platform takes."""

from typing import Any

from hypothesis import strategies as st

import platforms
from stacks.settings.rules import rules

# Made once: Hypothesis sorts all characters for each strategy that it has not seen.
_TEXT = st.text(min_size=1, max_size=20)


@st.composite
def valid_settings(draw: st.DrawFn, platform: str) -> dict[str, Any]:  # noqa: C901 - a choice a key
    """A configuration of `platform`, some keys set and some left to their defaults, all of it allowed together."""
    table = rules(platform)
    chosen = dict[str, Any]()
    for key in (
        "door",
        "timeout",
        "throttleRate",
        "throttleBurst",
        "logDays",
        "tracing",
        "snapStart",
        "wakeUp",
        "access",
        "canaryPercent",
        "architecture",
    ):
        if key in table and draw(st.booleans()):
            chosen[key] = draw(st.sampled_from(list(table[key].allowed)))
    chosen = _fitting_the_door(chosen, platform)
    if "eventsPath" in table and draw(st.booleans()):
        chosen["eventsPath"] = draw(st.sampled_from(["/events", "/jobs/take/", "/a.b-c"]))
    if chosen.get("access") == "jwt":
        chosen |= {"jwtIssuer": "https://login.example.com/", "jwtAudience": "a, b"}
    if draw(st.booleans()):
        chosen["otlpEndpoint"] = draw(
            st.sampled_from(["https://collector.example.com", "http://10.0.0.1:4318/otlp/"])
        )
    chosen |= draw(_day_two(platform))
    most = draw(st.integers(1, 25))
    if draw(st.booleans()):
        chosen["maxInstances"] = most
        if not chosen.get("snapStart") and draw(st.booleans()):
            chosen["minInstances"] = draw(st.integers(1, most))
    chosen |= draw(_SIZES[platform])
    if "domain" in table and chosen.get("door") != "function-url" and draw(st.booleans()):
        chosen["domain"] = draw(st.sampled_from(["example.com", "api.example.com", "a.b.example.com"]))
        if draw(st.booleans()):
            chosen["dnsZone"] = "example.com"
    if draw(st.booleans()):
        chosen["app"] = draw(st.sampled_from(["", "app:create_app()", "app.routes:make.app"]))
    return chosen


def _fitting_the_door(chosen: dict[str, Any], platform: str) -> dict[str, Any]:
    if chosen.get("door") == "function-url":
        return {
            key: value for key, value in chosen.items() if not key.startswith("throttle") and value != "jwt"
        }
    if platform == "aws" and "timeout" in chosen:
        return chosen | {"timeout": min(chosen["timeout"], 29)}
    return chosen


@st.composite
def _day_two(draw: st.DrawFn, platform: str) -> dict[str, Any]:
    chosen = dict[str, Any]()
    if draw(st.booleans()):
        chosen["alarmEmail"] = "ops@example.com"
        if draw(st.booleans()):
            chosen["budget"] = draw(st.integers(1, 1_000_000))
            chosen |= {"billingAccount": "0A1B2C-3D4E5F-6A7B8C"} if platform == "gcp" else {}
    for key in ("environment", "secretValues"):
        if draw(st.booleans()):
            chosen[key] = {f"{key}_1": draw(_TEXT)}
    return chosen


@st.composite
def _lambda_sizes(draw: st.DrawFn) -> dict[str, Any]:
    return {"memory": draw(st.sampled_from(list(rules("aws")["memory"].allowed)))}


@st.composite
def _cloud_run_sizes(draw: st.DrawFn) -> dict[str, Any]:
    cpu = draw(st.sampled_from(list(rules("gcp")["cpu"].allowed)))
    assert isinstance(cpu, int | float)
    _, least, most = [row for row in platforms.limit("gcp", "memory_of_cpu") if row[0] <= cpu][-1]
    sizes: dict[str, Any] = {"cpu": f"{cpu:g}", "memory": draw(st.integers(least, most))}
    if cpu >= 1 and draw(st.booleans()):
        sizes["concurrency"] = draw(st.integers(1, 1000))
    return sizes


@st.composite
def _app_runner_sizes(draw: st.DrawFn) -> dict[str, Any]:
    cpu, memory = draw(st.sampled_from(platforms.limit("apprunner", "sizes")))
    return {"cpu": f"{cpu:g}", "memory": memory, "concurrency": draw(st.integers(1, 200))}


@st.composite
def _ecs_sizes(draw: st.DrawFn) -> dict[str, Any]:
    cpu, memory = draw(st.sampled_from(platforms.limit("ecs", "sizes")))
    return {"cpu": f"{cpu:g}", "memory": memory}


_SIZES = {
    "aws": _lambda_sizes(),
    "gcp": _cloud_run_sizes(),
    "apprunner": _app_runner_sizes(),
    "ecs": _ecs_sizes(),
}
