"""The host in a request's target. If there is one, it counts instead of the Host header (RFC 9112, 3.2.2)."""

from gunicorn.http.errors import InvalidRequestLine


def host_of(target: str) -> str:
    """Host and port of an absolute target, "" for any other target. Raises InvalidRequestLine for an empty host."""
    scheme, separator, rest = target.partition("://")
    if not separator or not scheme.isalpha():
        return ""
    # The part before an @ is not a host.
    host = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2]
    if not host or host.startswith(":"):
        raise InvalidRequestLine(target)
    return host
