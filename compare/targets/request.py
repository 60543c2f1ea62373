"""The request that a user described, and the request that is sent, with secrets filled in from the environment."""

import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

from commandline import UserError

_PLACE = re.compile(r"\$(\$\{|\{([A-Za-z_]\w*)\})")
_SECRET_NAME = re.compile(r"auth|token|key|secret|cookie|passw|credential|session|signature", re.IGNORECASE)
_SHORTEST_SECRET = 4  # shorter values would be struck out of ordinary words


@dataclass(frozen=True)
class Request:
    """One HTTP request as the user wrote it: `${NAME}` stands for an environment variable, `$${` for itself.

    Results hold this; only the value that `filled` returns has the environment's values.
    """

    method: str = "GET"
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    expect: int = 200

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]+", self.method):
            raise UserError(f"method is {self.method!r}; it is an HTTP method such as GET or POST")
        if not 100 <= self.expect <= 599:  # noqa: PLR2004 -- what HTTP calls a status
            raise UserError(f"expect is {self.expect}; it is an HTTP status from 100 to 599")
        for name, value in self.headers:
            _refuse_header(name, value)
        _refuse_secret_in_url(self.url)


@dataclass(frozen=True)
class Filled:
    """A request ready to be sent, and the values of the environment in it, which never leave this process."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    expect: int
    secrets: tuple[tuple[str, str], ...]

    def redact(self, text: str) -> str:
        """`text` with each secret's value, plain or as JSON or a URL writes it, replaced by its `${NAME}`."""
        names = {written: name for name, value in self.secrets for written in _written(value)}
        if not names:
            return text
        longest_first = sorted(names, key=len, reverse=True)  # one may begin as another does
        any_of_them = "|".join(map(re.escape, longest_first))
        return re.sub(any_of_them, lambda match: f"${{{names[match[0]]}}}", text)


def filled(request: Request, environment: Mapping[str, str]) -> Filled:
    """`request` with `${NAME}` replaced from `environment`; UserError for a variable that is not there."""
    used: dict[str, str] = {}

    def fill(text: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[2]
            if name is None:
                return "${"
            if name not in environment:
                raise UserError(
                    f"{match[0]} is not set in the environment; set it, or write $${{ for a plain ${{"
                )
            used[name] = environment[name]
            return environment[name]

        return _PLACE.sub(value, text)

    body = None if request.body is None else fill(request.body).encode()
    url = quote(fill(request.url), safe=string.punctuation)  # letters beyond ASCII and spaces
    headers = tuple((name, _one_line(name, value, fill(value))) for name, value in request.headers)
    if body is not None and not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", "application/json"))
    secrets = tuple((name, value) for name, value in used.items() if len(value) >= _SHORTEST_SECRET)
    return Filled(request.method, url, headers, body, request.expect, secrets)


def _one_line(name: str, written: str, value: str) -> str:
    """`value` again, which is `written` filled in; UserError if it would end the header."""
    if "\n" in value or "\r" in value:
        places = " and ".join(match[0] for match in _PLACE.finditer(written))
        raise UserError(f"{places} has a line break, and header {name} is one line; set it without one")
    return value


def _written(value: str) -> set[str]:
    """The ways in which a target may write a secret's value."""
    return {value, json.dumps(value)[1:-1], quote(value), quote(value, safe="")}


def header(text: str) -> tuple[str, str]:
    """Name and value of "Name: value"; UserError for anything else."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UserError(f"header is {text!r}; it is written 'Name: value'")
    return name.strip(), value.strip()


def _refuse_header(name: str, value: str) -> None:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or "\n" in value or "\r" in value:
        raise UserError(
            f"header is {name!r}; a header's name has letters, digits and hyphens, its value one line"
        )
    if _SECRET_NAME.search(name) and value and not _PLACE.search(value):
        raise UserError(
            f"header {name} looks like a secret, and results would keep it; "
            f"put its value in the environment and write '{name}: ${{VARIABLE}}' in single quotes"
        )


def _refuse_secret_in_url(url: str) -> None:
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    if parts.password and not _PLACE.search(parts.password):
        raise UserError(
            f"the URL {shown} has a password, and results would keep it; write ${{VARIABLE}} in its place"
        )
    for name, value in parse_qsl(parts.query):
        if _SECRET_NAME.search(name) and not _PLACE.search(value):
            raise UserError(
                f"{name} in the URL {shown} looks like a secret, and results would keep it; "
                f"put its value in the environment and write {name}=${{VARIABLE}} in single quotes"
            )
