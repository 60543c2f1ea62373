"""Makes of a project's and a stack's name the names and labels that every platform accepts."""

import hashlib
import json
import re

# Service accounts take 6 to 30 characters, App Runner 40 at most, Cloud Run 49.
SHORTEST, LONGEST = 6, 30
HASH = 8  # hex digits
HASHED = re.compile(rf"[0-9a-f]{{{HASH}}}")


def resource_name(project: str, stack: str) -> str:
    """PROJECT-STACK in 6 to 30 of a-z, 0-9 and "-", starting with a letter.

    If the two have to be changed for that, or if another project and stack would give the same text (a-b with c, a
    with b-c), a hash of both is added, so that each result is different.
    """
    plain = f"{project}-{stack}"
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    is_fit = slug == plain and slug[0].isalpha() and SHORTEST <= len(slug) <= LONGEST
    # A stack's name without a "-" begins after the last one; only a hashed name ends like a hash.
    if is_fit and "-" not in stack and not HASHED.fullmatch(stack):
        return slug
    tail = hashlib.sha256(json.dumps([project, stack]).encode()).hexdigest()[:HASH]
    start = slug if slug[:1].isalpha() else f"s-{slug}"
    return f"{start[: LONGEST - HASH - 1].strip('-')}-{tail}"


def label(text: str) -> str:
    """`text` as a value that both clouds take as a label: 63 of a-z, 0-9, "_" and "-" at most."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]
