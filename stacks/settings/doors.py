"""Checks the keys that depend on `door`, which says what is in front of the function on AWS Lambda."""

import re
from collections.abc import Mapping

import platforms

EVENTS_PATH = re.compile(r"(/[\w.~-]+)+/?", re.ASCII)

# Keys that a function URL has no place for, with the reason and what to do.
_NOT_AT_A_URL = {
    "throttleRate": "it throttles nothing; maxInstances bounds what it can cost",
    "throttleBurst": "it throttles nothing; maxInstances bounds what it can cost",
    "domain": "it has only a name of AWS's; CloudFront before it, which this stack does not make, can have yours",
    "dnsZone": "it has only a name of AWS's",
    "domainReady": "it has only a name of AWS's",
}
_TOKENS = "a function URL checks no tokens; let the app check them, or type `pulumi config set door http-api`"


def problems(values: Mapping[str, object], platform: str) -> list[str]:
    """The problems, a sentence each; keys that a platform does not have are refused elsewhere."""
    if not platforms.calls_a_function(platform):
        return []
    path, door, timeout = str(values["eventsPath"]), values["door"], values["timeout"]
    wrong = list[str]()
    if path and not EVENTS_PATH.fullmatch(path):
        wrong.append(
            f"eventsPath: it is {path!r}; allowed is a path of the app below its root, such as /events"
        )
    if door == "function-url":
        if values["access"] == "jwt":
            wrong.append(f"access: it is 'jwt'; {_TOKENS}")
        return wrong + [
            f"{key}: it is {_shown(values[key])}; a function URL has no such setting: {reason}. "
            f"Type `pulumi config rm {key}`, or `pulumi config set door http-api`"
            for key, reason in _NOT_AT_A_URL.items()
            if values[key]
        ]
    longest = platforms.limit(platform, "request_timeout") - 1
    if isinstance(timeout, int) and longest < timeout <= platforms.limit(
        platform, "function_timeout_maximum"
    ):
        wrong.append(
            f"timeout: it is {timeout}; an HTTP API allows 1 to {longest}, a function URL more: "
            "type `pulumi config set door function-url`"
        )
    return wrong


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value).lower()
