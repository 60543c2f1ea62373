"""The host in a request's target, which is what counts if it is there (RFC 9112, 3.2.2)."""

from gunicorn.http.errors import InvalidRequestLine


def host_of(target: str) -> str:
    """Host and port of an absolute target, "" for one of another form. Raises InvalidRequestLine for an empty host."""
    scheme, found, rest = target.partition("://")
    if not found or not scheme.isalpha():
        return ""
    # What stands before an @ is nobody's host.
    host = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2]
    if not host or host.startswith(":"):
        raise InvalidRequestLine(target)
    return host
