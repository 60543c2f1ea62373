"""A project's and a stack's name turned into names and labels that every platform takes."""

import hashlib
import re

# Service accounts take 6 to 30 characters, App Runner 40 at most, Cloud Run 49.
SHORTEST, LONGEST = 6, 30


def resource_name(project: str, stack: str) -> str:
    """PROJECT-STACK in 6 to 30 of a-z, 0-9 and "-", starting with a letter.

    Where the two have to be changed for that, a hash of them keeps the result unlike any other's.
    """
    plain = f"{project}-{stack}"
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if slug == plain and slug[0].isalpha() and SHORTEST <= len(slug) <= LONGEST:
        return slug
    tail = hashlib.sha256(plain.encode()).hexdigest()[:6]
    start = slug if slug[:1].isalpha() else f"s-{slug}"
    return f"{start[: LONGEST - len(tail) - 1].strip('-')}-{tail}"


def label(text: str) -> str:
    """`text` as a value that both clouds take as a label: 63 of a-z, 0-9, "_" and "-" at most."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]
