"""Reads an env file as python-dotenv does; in single quotes, as Docker Compose, it leaves ${NAME} as it is."""

import os
import re
from pathlib import Path

from usererror import UserError

_NOTHING = re.compile(r"[ \t]*(#[^\n]*)?(\n|\Z)")
_VARIABLE = re.compile(
    r"""
    [ \t]* (?:export[ \t]+)? (?P<name>[A-Za-z_]\w*) [ \t]* = [ \t]*
    (?: (?: '(?P<literal>[^'\\]*(?:\\.[^'\\]*)*)' | "(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)" ) [ \t]* (?:\#[^\n]*)?
      | (?P<plain>[^\n'"][^\n]*|)
    ) (?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}")


def variables_of(file: Path) -> dict[str, str]:
    r"""The variables of an env file: NAME=VALUE, in quotes also over several lines, ${NAME} for an earlier variable.

    Raises UserError for a line that is something else; it is not shown, because it may be secret.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"the env file {file} cannot be read: {problem}") from None
    variables, position = dict[str, str](), 0
    while position < len(text):
        if nothing := _NOTHING.match(text, position):
            position = nothing.end()
            continue
        match = _VARIABLE.match(text, position)
        if not match:
            number = text.count("\n", 0, position) + 1
            raise UserError(
                f"the env file {file}, line {number}: expected NAME=VALUE, with nothing behind a value in quotes"
            )
        variables[match["name"]] = _value(match, {**os.environ, **variables})
        position = match.end()
    return variables


def _value(match: re.Match[str], known: dict[str, str]) -> str:
    """What stands behind the sign; of what `known` lacks, the default behind `:-`, else nothing."""
    if match["literal"] is not None:
        return re.sub(r"\\([\\'])", r"\1", match["literal"])
    if match["quoted"] is not None:
        value = re.sub(r"\\([\\'\"ntr])", lambda each: _ESCAPES.get(each[1], each[1]), match["quoted"])
    else:
        value = re.sub(r"(^|\s+)#.*$", "", match["plain"]).strip()
    return _REFERENCE.sub(lambda each: known.get(each[1]) or each[2] or "", value)
