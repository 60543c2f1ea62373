"""The one error for what a user can put right, and texts of others on a terminal; some who use it have Python alone."""

import re

# What a terminal would act by: control characters (C0, DEL, C1) but the tab and the end of a line, Unicode's own ends
# of a line and changes of direction; and halves of characters, which no output can hold.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""`text` that others wrote, with its control characters as Python writes them: \x1b, \u202e.

    Ends of lines stay; a caller whose text is one line takes care of them.
    """
    return text if text.isprintable() else _ACTS.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004 - two digits


class UserError(Exception):
    """Something the user can put right: the text names what was read, what is allowed and what to type.

    `status` is the command's exit status; 2 is wrong usage.
    """

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status
