"""The maps of headers and parameters in events and results, with one value or several for each name."""

from collections.abc import Iterator
from typing import Any

from ..messages import HOP_BY_HOP, BadEventError, check_value, field_names, one_length, text_of


def listed(event: dict[str, Any], several: str, single: str) -> list[tuple[str, str]]:
    """The pairs under the key `several` ({name: [values]}), else under `single` ({name: value}); nulls are left out."""
    return list(_pairs(event.get(several) or event.get(single) or {}))


def headers_in(event: dict[str, Any], several: str, single: str) -> list[tuple[str, str]]:
    """`listed` headers. Cookie headers that HTTP/2 has split are joined to one, as in HTTP/1.1 (RFC 9113, 8.2.3).

    Raises BadEventError for two Host headers, because a proxy might route by one of them and the app answer the other.
    """
    headers = listed(event, several, single)
    if sum(name.lower() == "host" for name, _ in headers) > 1:
        raise BadEventError("there is more than one Host header")
    cookies = [value for name, value in headers if name.lower() == "cookie"]
    if len(cookies) > 1:
        headers = [(name, value) for name, value in headers if name.lower() != "cookie"]
        headers.append(("cookie", "; ".join(cookies)))
    return headers


def _pairs(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, text_of(item)


def grouped(headers: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Headers by lower-case name. Raises ValueError for a header that HTTP does not allow."""
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        if not (value.isascii() and value.isprintable()):
            check_value(value)
        key = field_names[name]
        if key == "content-length":
            by_name[key] = [one_length(by_name[key][0] if key in by_name else None, value)]
        elif key not in HOP_BY_HOP:
            by_name.setdefault(key, []).append(value)
    return by_name


def single_valued(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers with one value for each name; the values of repeated headers are joined by commas.

    Cookies cannot be joined, so each further Set-Cookie gets another spelling of its name: set-cookie, Set-cookie,
    sEt-cookie, ... To clients they are the same name.
    """
    single: dict[str, str] = {}
    for name, values in grouped(headers).items():
        if name == "set-cookie":
            single.update(zip(_spellings(name), values, strict=False))
        else:
            single[name] = ",".join(values)
    return single


def _spellings(name: str) -> Iterator[str]:
    letters = [place for place, letter in enumerate(name) if letter.isalpha()]
    for number in range(2 ** len(letters)):
        upper = {place for bit, place in enumerate(letters) if number >> bit & 1}
        yield "".join(letter.upper() if place in upper else letter for place, letter in enumerate(name))
