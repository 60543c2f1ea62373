"""Text as people read it: characters are grapheme clusters, not code points."""


def reverse(text: str) -> str:
    """`text` from its last character to its first; an accent or a skin tone stays with what it belongs to.

    A character is an extended grapheme cluster of Unicode Standard Annex 29.
    """
    # Within ASCII a code point is a character, but for one pair; so the common case needs no library loaded.
    if text.isascii() and "\r\n" not in text:
        return text[::-1]
    import regex  # noqa: PLC0415 - see above

    return "".join(reversed(regex.findall(r"\X", text)))
