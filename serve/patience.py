"""How long gunicorn mode waits for a request's bytes: a minute, and a second more for each 500 bytes that have come.

A client that is slower than that is not alive: the slowest modem sends more than 500 bytes a second.
"""

SECONDS = 60
BYTES_PER_SECOND = 500

TOO_SLOW = "the request did not arrive in time"


class TooSlowError(Exception):
    """A request that trickles."""


def left(waited: float, received: int) -> float:
    """Seconds that a request has left after a wait of `waited` seconds, in which `received` bytes have come."""
    return SECONDS + received / BYTES_PER_SECOND - waited
