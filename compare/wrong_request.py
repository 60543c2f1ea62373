"""The status of an answer to what is wrong with the request, if the status says so."""

_TEXTS = {
    404: "it has no such path; write one that it has in app.toml, under [request] path, or give --path",
    405: "it takes another method there; write that in app.toml, under [request] method, or give --method",
}
_LIKE = {410: 404, 501: 405}
# Answers that may be others the next time, or for another token: the request took too long, or there were too many.
_MAY_PASS = {401, 403, 407, 408, 425, 429}


def problem(status: int | None, location: str) -> str:
    """What is wrong and what to do, "" if nothing is known to be. location: where the answer leads, "" for nowhere.

    An error of the server's own says nothing of the request.
    """
    if status is None or status in _MAY_PASS:
        return ""
    text = _TEXTS.get(_LIKE.get(status, status), "")
    if not text and 300 <= status <= 399:  # noqa: PLR2004 - redirects
        leads = f"to {location}; write that" if location else "to nowhere that it names; write another"
        where = "in app.toml, under [request], or give --path or --expect"
        text = f"it leads on {leads} path, or expect = {status}, {where}"
    if not text and 400 <= status <= 499:  # noqa: PLR2004 - errors of the client
        text = "it wants another request; write that in app.toml, under [request], or give --path, --body or --header"
    return text
