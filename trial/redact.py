"""Text that a trial left, without secrets, account numbers, names of people and their places."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

# Shorter values would be struck out of ordinary words.
SHORTEST = 4
_SECRET_NAME = re.compile(
    r"auth|token|(?<!public_)key|secret|cookie|passw|passphrase|credential|session|signature|private",
    re.IGNORECASE,
)
# Patterns, each with the text that replaces what it finds.
_PATTERNS = (
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", "[PRIVATE KEY]"),
    (r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?", "[TOKEN]"),
    (r"\bya29\.[\w.-]+", "[TOKEN]"),
    (r"\bpul-[0-9a-f]{40}\b", "[TOKEN]"),
    (r"\b(AKIA|ASIA|AIDA|AROA|AGPA|ANPA|ANVA|APKA|ABIA|ACCA)[A-Z0-9]{12,}\b", "[KEY]"),
    (r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}", r"\1 [TOKEN]"),
    (r"\bv1:[\w+/=]{8,}:[\w+/=]{8,}", "[ENCRYPTED]"),
    (r"(://)[^/\s:@\"']+:[^/\s@\"']+@", r"\1[LOGIN]@"),
    (r"[\w.+%-]+@[\w-]+(\.[\w-]+)+", "[EMAIL]"),
    (r"\b[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}\b", "[BILLING ACCOUNT]"),
    (r"\bprojects/[^/\s\"']+", "projects/[PROJECT]"),
    (r"(?<=-)\d{9,14}(?=\.[a-z0-9-]+\.run\.app)", "[ACCOUNT]"),
    (r"(?<=app\.pulumi\.com/)[^/\s\"']+", "[OWNER]"),
    (r"(?<![0-9A-Za-z])\d{4}-\d{4}-\d{4}(?![0-9A-Za-z])", "[ACCOUNT]"),
    (r"(?<![0-9A-Fa-f.])\d{12}(?![0-9A-Fa-f]|\.\d)", "[ACCOUNT]"),
    (r"/(home|Users)/[^/\s\"':]+", r"/\1/[USER]"),
)
# A variable such as USE_AUTH is a switch.
_NO_SECRETS = {"true", "false", "none", "null", "auto"}
_ACCOUNT = re.compile(r"\barn:[\w-]+:[\w-]*:[\w-]*:(\d{12})\b|\b(\d{12})\.dkr\.ecr\b")
_COMPILED = tuple((re.compile(pattern, re.DOTALL), put) for pattern, put in _PATTERNS)


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are secrets by their names, each with what stands in its place: "[NAME]" by value."""
    return {
        value: f"[{name}]"
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and value.lower() not in _NO_SECRETS
    }


def accounts_in(text: str) -> dict[str, str]:
    """The numbers of AWS accounts that ARNs and registries in `text` name, each with what stands in its place."""
    return dict.fromkeys((match[1] or match[2] for match in _ACCOUNT.finditer(text)), "[ACCOUNT]")


def redacted(text: str, known: Mapping[str, str]) -> str:
    """`text` without the values in `known`, which are replaced by what they map to, and without what looks like any.

    A value is also found as JSON or a URL writes it. Values of fewer than four characters stay.
    """
    written = {way: put for value, put in known.items() if len(value) >= SHORTEST for way in _ways(value)}
    if written:
        longest_first = sorted(written, key=len, reverse=True)  # one may begin as another does
        text = re.sub("|".join(map(re.escape, longest_first)), lambda match: written[match[0]], text)
    for pattern, put in _COMPILED:
        text = pattern.sub(put, text)
    return text


def redacted_values(data: Any, known: Mapping[str, str]) -> Any:
    """`data`, as JSON gives it, with each text and number in it `redacted`; the names of its fields stay."""
    if isinstance(data, str):
        return redacted(data, known)
    if isinstance(data, int) and (text := redacted(str(data), known)) != str(data):
        return text
    if isinstance(data, list):
        return [redacted_values(each, known) for each in data]
    if isinstance(data, dict):
        return {name: redacted_values(value, known) for name, value in data.items()}
    return data


def _ways(value: str) -> set[str]:
    as_json = json.dumps(value)[1:-1]
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    twice = json.dumps(as_json)[1:-1]
    return {value, as_json, plain, twice, quote(value), quote(value, safe="")}
