"""Says why a file could not be written."""

import errno


def told(failure: OSError) -> str:
    """The reason why something could not be written, in words."""
    if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "no space is left"
    return failure.strerror or str(failure)
