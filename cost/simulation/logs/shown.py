"""A text of somebody else's, as it can be printed: no character in it controls a terminal."""

LONGEST = 80


def shown(text: str, longest: int | None = None) -> str:
    r"""The text with what cannot be printed as an escape, such as \x1b, and cut to `longest` characters."""
    if longest is not None:
        text = text[:longest]
    plain = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
    return plain if longest is None else plain[:longest]
