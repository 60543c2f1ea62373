"""Sends the measured request through both doors of an app, and its health check: finds failures and differences."""

import http.client
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import platforms
from appfolder.settings import App
from doctor.finding import Finding, last_words
from local import Emulator, EmulatorError, Settings, SettingsError
from usererror import UserError

# The doors, by the emulated platform that opens each.
DOORS = {"aws": "Lambda mode", "gcp": "gunicorn mode"}
SECONDS = 120
_OK = 200
# As on every platform, the app cannot know this name before it is deployed.
_STRANGER = "service.example"
# The message about a file that only root, or no one, may write.
_REFUSED = re.compile(r"(?:Read-only file system|Permission denied):? ?(?:\\?['\"]([^'\"\\]+))?")
# What to do about the end of an error that many apps have.
_HINTS = {
    "staticfiles manifest": "type there manage.py collectstatic, and write that as command in app.toml for the image",
    r"\.so\S*: cannot open shared|library not found": (
        "a library of the system is missing; for the image, packages in app.toml names the Debian package that has it"
    ),
    r"FileNotFoundError.*\.env\b": 'no .env is in the image; command = "touch .env" in app.toml makes an empty one',
}


@dataclass(frozen=True)
class Answer:
    """What a request got: its status, its headers by their lower names, its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "no type")


def findings(app: App, settings: Settings, logs: Path) -> Iterator[Finding]:
    """Start the app behind each door, as `settings` say, and ask it twice; their logs go to the folder `logs`."""
    answers, strangers = dict[str, list[Answer]](), dict[str, Answer]()
    for platform, door in DOORS.items():
        log = logs / platform
        try:
            with Emulator(platform, replace(settings, log=log)) as emulator:
                answers[platform] = [_ask(app, emulator.url) for _ in range(2)]
                strangers[platform] = _ask(app, emulator.url, Host=_STRANGER)
                health = _get(f"{emulator.url}{app.health}").status if app.health else _OK
        except (EmulatorError, SettingsError) as problem:
            yield Finding("stops", f"{door}: it does not start: {problem}")
            continue
        said = _printed(log)
        yield from unexpected(app, door, answers[platform][0], last_words(said))
        # If the measured request is the same, it has said so already.
        if health not in (_OK, answers[platform][0].status if app.health == app.request.path else _OK):
            yield Finding(
                "stops",
                f"{door}: GET {app.health} answers {health}; write a path that answers 200 in app.toml",
            )
        if refused := _REFUSED.search(said):
            yield Finding(
                "stops", f"{door}: it could not write {refused[1] or 'a file'}: only /tmp can be written to"
            )
    if len(answers) == len(DOORS):
        yield from _compared(app, answers["aws"], answers["gcp"])
    yield from _asked_by_another_name(app, answers, strangers)


def health(app: App, *, answered: bool) -> Iterator[Finding]:
    """Findings if the app has no health path, or one that is also the measured request, which is `answered` as said."""
    path, other = app.request.path, f'path = "{app.request.path}?measured"'
    if not app.health:
        # Of no other path is it known that it answers 200.
        fits = answered and app.request.method == "GET" and app.request.expect == _OK
        remedy = (
            f'such as health = "{path}", and then {other} under [request]' if fits else "one that answers 200"
        )
        yield Finding(
            "note",
            "no health path: the platforms look at the port alone, and ECS refuses it; write one as health in "
            f"app.toml, {remedy}",
        )
    elif app.health == app.request.path:
        yield Finding(
            "note",
            f"the measured request is the health check's, which is not counted, so no cold start can be proven: write "
            f"another path, such as {other}, under [request] in app.toml",
        )


def unexpected(app: App, door: str, answer: Answer, said: str) -> Iterator[Finding]:
    """A finding if the answer has another status than the expected one; `said` is the last that the app printed."""
    asked = f"{app.request.method} {app.request.path}"
    if answer.status == app.request.expect:
        return
    if 300 <= answer.status <= 399:  # noqa: PLR2004 - redirects
        where = answer.headers.get("location", "nowhere")
        way_out = f"it goes to {where}: write another path or expect = {answer.status}"
    elif answer.status in {404, 405}:
        way_out = "write another path or method"
    else:
        way_out = f"it printed: {said}"
        way_out += next((f"; {hint}" for pattern, hint in _HINTS.items() if re.search(pattern, said)), "")
    yield Finding(
        "stops",
        f"{door}: {asked} answers {answer.status}, not {app.request.expect} as [request] in app.toml says; {way_out}",
    )


def _compared(app: App, function: list[Answer], port: list[Answer]) -> Iterator[Finding]:
    limit = platforms.limit("aws", "response_payload")
    if len(port[0].body) > limit:
        yield Finding(
            "stops",
            f"{app.request.path} answers {len(port[0].body) / 1e6:.1f} MB, Lambda carries {limit / 1e6:.1f} MB: send a "
            "link, or stream it (the stack key door at function-url)",
        )
        return
    kinds = {(each.status, each.content_type) for each in (*function, *port)}
    if len(kinds) > 1:
        said = "; ".join(
            f"{name}: {each[0].status} {each[0].content_type}"
            for name, each in zip(DOORS.values(), (function, port), strict=True)
        )
        yield Finding("differs", f"the doors answer {app.request.path} differently ({said})")
    elif port[0].body == port[1].body and function[0].body == function[1].body != port[0].body:
        # Each door gives the same body twice, so the difference is no time or token.
        yield Finding(
            "differs",
            f"the doors answer {app.request.path} with different bodies ({len(function[0].body)} and "
            f"{len(port[0].body)} bytes)",
        )


def _asked_by_another_name(
    app: App, answers: Mapping[str, list[Answer]], strangers: Mapping[str, Answer]
) -> Iterator[Finding]:
    """A finding if the app answers as asked on this machine, and not if the request is for another host."""
    for platform, stranger in strangers.items():
        if answers[platform][0].status == app.request.expect != stranger.status:
            yield Finding(
                "differs",
                f"{app.request.path} answers {stranger.status} if the request is for another host than 127.0.0.1, as "
                "on every platform: let the app take the service's host name, and of ECS any, for its health check "
                "(Django: ALLOWED_HOSTS; Flask: SERVER_NAME, TRUSTED_HOSTS; Starlette: TrustedHostMiddleware)",
            )
            return


def _printed(log: Path) -> str:
    """The output of the instances, without the emulator's own lines."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(line.partition(" | ")[2] for line in lines if " | " in line)


def _ask(app: App, url: str, **headers: str) -> Answer:
    body = app.request.body.encode() or None
    if body:
        headers["Content-Type"] = "application/json"
    return _get(f"{url}{app.request.path}", app.request.method, body, headers)


def _get(
    url: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request, whose redirects are not followed. Raises UserError if there is no answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    except (OSError, http.client.HTTPException) as problem:
        raise UserError(f"{url} does not answer: {problem}") from None
    finally:
        connection.close()
