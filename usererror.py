"""The error for all that a user can put right, and foreign texts on a terminal. It needs nothing but Python."""

import re

# Characters that a terminal would act on: control characters (C0, DEL, C1) but not the tab and the end of a line, and
# Unicode's own ends of a line and changes of direction. Also halves of characters, which no output can hold.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""A foreign `text` with its control characters as Python writes them: \x1b, \u202e.

    Ends of lines stay; a caller that needs a single line removes them itself.
    """
    return text if text.isprintable() else _ACTS.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004 - two digits


class UserError(Exception):
    """Something the user can put right: the text names what was read, what is allowed and what to type.

    `status` is the command's exit status; 2 is wrong usage.
    """

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status
