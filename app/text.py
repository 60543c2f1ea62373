"""Handles text as people read it: its characters are grapheme clusters, not code points."""


def reverse(text: str) -> str:
    """`text` from its last character to its first; an accent or a skin tone stays with its character.

    A character is an extended grapheme cluster of Unicode Standard Annex 29.
    """
    # In ASCII each code point but one pair (CR LF) is a character, so the common case loads no library.
    if text.isascii() and "\r\n" not in text:
        return text[::-1]
    import regex  # noqa: PLC0415 - see above

    return "".join(reversed(regex.findall(r"\X", text)))
