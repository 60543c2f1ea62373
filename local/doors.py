"""Checks the settings of a service's door and of its callers against what the platform and its emulation have."""

import os
import re
from ipaddress import ip_address
from math import inf
from typing import Protocol
from urllib.parse import urlsplit

import platforms
from local.errors import SettingsError

HTTP_API, FUNCTION_URL = DOORS = ("http-api", "function-url")
PUBLIC, PRIVATE = ACCESS = ("public", "private")
# The variables whose credentials AWS's own tools sign with.
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_MB = 1024 * 1024


class Wanted(Protocol):
    """The part of local.settings.Settings that is about doors."""

    @property
    def door(self) -> str: ...
    @property
    def access(self) -> str: ...
    @property
    def stream_rate(self) -> float | None: ...
    @property
    def gateway_timeout(self) -> float | None: ...
    @property
    def jwt_issuer(self) -> str | None: ...
    @property
    def jwt_audience(self) -> str | None: ...
    @property
    def audiences(self) -> tuple[str, ...]: ...


def check(platform: str, settings: Wanted) -> None:
    """Raise SettingsError for a door or an access that the platform or its emulation does not have."""
    _check_tokens(platform, settings)
    _check_door(platform, settings)
    _check_access(platform, settings)


def _check_door(platform: str, settings: Wanted) -> None:
    if settings.door not in DOORS:
        raise SettingsError(f"--door is {settings.door!r}; it is one of {', '.join(DOORS)}")
    if not platforms.calls_a_function(platform) and settings.door != HTTP_API:
        raise SettingsError(f"--door belongs to aws; {platform} has one door")
    if settings.door == HTTP_API and settings.stream_rate is not None:
        raise SettingsError("--stream-rate needs --door function-url; an HTTP API does not stream")
    if settings.door != FUNCTION_URL:
        return
    if settings.gateway_timeout is not None:
        raise SettingsError("--gateway-timeout: a function URL has none; --timeout is the function's")
    if settings.jwt_issuer is not None or settings.jwt_audience is not None:
        raise SettingsError("--jwt-issuer: a function URL checks no tokens; leave it out, or --door")


def _check_access(platform: str, settings: Wanted) -> None:
    if settings.access not in ACCESS:
        raise SettingsError(f"--access is {settings.access!r}; it is one of {', '.join(ACCESS)}")
    if settings.access == PUBLIC:
        return
    if not platforms.calls_a_function(platform):
        raise SettingsError(f"--access private is emulated on aws alone; {platform} lets everyone in here")
    if settings.jwt_issuer is not None:
        raise SettingsError("--access private goes without --jwt-issuer: an HTTP API has one authorizer")
    if missing := [name for name in CREDENTIALS if not os.environ.get(name)]:
        raise SettingsError(
            f"--access private needs {' and '.join(missing)} in the environment, to check signatures with; "
            "any value will do, and it stays on this machine"
        )


def stream_rate(settings: Wanted) -> float:
    """Bytes a second of a streamed response; infinite without a function URL. Raises SettingsError."""
    rate = settings.stream_rate
    if settings.door != FUNCTION_URL:
        return inf
    if rate is None:
        return platforms.limit("aws", "stream_rate")
    if not 0 <= rate < inf:
        raise SettingsError(f"--stream-rate is {rate:g}; it is MB a second, or 0 for no limit")
    return rate * _MB or inf


def is_safe_url(text: str) -> bool:
    """Whether `text` is a URL whose answer nobody can forge on the way: https, or http on this machine."""
    try:
        url = urlsplit(text)
        host = url.hostname or ""
        if not host or url.port == 0 or url.username or url.query or url.fragment or re.search(r"\s", text):
            return False
        return url.scheme == "https" or (
            url.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
        )
    except ValueError:  # there is no such port, or a name stands in the place of an address
        return False


def _check_tokens(platform: str, settings: Wanted) -> None:
    issuer, audience = settings.jwt_issuer, settings.jwt_audience
    if issuer is None and audience is None:
        return
    option = "--jwt-audience" if issuer is None else "--jwt-issuer"
    if not platforms.has(platform, "jwt_keys_kept"):
        raise SettingsError(f"{option} belongs to aws; {platform} checks no tokens of an issuer")
    if issuer is None:
        raise SettingsError("--jwt-audience needs --jwt-issuer URL, whose tokens they are")
    if not is_safe_url(issuer):
        raise SettingsError(f"--jwt-issuer is {issuer!r}; it is https://HOST/PATH, or http on this machine")
    if not settings.audiences:
        raise SettingsError(
            "--jwt-issuer needs --jwt-audience NAME[,NAME], one of which is the `aud` of a token"
        )
