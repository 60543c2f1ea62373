"""Splits paths of Amazon's APIs into SCRIPT_NAME, the part of the caller's URL before the app, and PATH_INFO, the rest.

All paths here are decoded, and Latin-1 as in WSGI. Sources: docs.aws.amazon.com/apigateway/latest/developerguide/
http-api-develop-integrations-lambda.html, http-api-stages.html, rest-api-mappings.html.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from ..base_path import split
from ..messages import as_latin1

# {name}, and {name+}, which takes all the rest.
_PARAMETER = re.compile(r"\{([^{}+]+)\+?\}")


def split_stage(path: str, stage: str | None, domain: str | None) -> tuple[str, str]:
    """The path of an HTTP API as (mount, rest). It begins with the stage's name, unless the stage is $default.

    At the API's own address the stage is in the caller's URL too, so it is a mount. At a custom domain the caller's
    URL has no stage, so links must have none either.
    """
    if not stage or stage == "$default":
        return "", path
    mount, rest = split(path, f"/{as_latin1(stage)}")
    return "" if _is_ones_own(domain) else mount, rest


def split_base_path(path: str, route: Any, parameters: Any, domain: str | None) -> tuple[str, str]:
    """A path that begins with the base path of a mapping of `domain` as (base path, rest).

    The event does not name the base path. The base path ends at the route that matched, such as "/{proxy+}" or
    "GET /users/{id}", with the values of its parameters. The route $default does not show it: BASE_PATH does.
    """
    template = route.rpartition(" ")[2] if isinstance(route, str) else ""
    values = parameters if isinstance(parameters, dict) else {}
    if not _is_ones_own(domain) or not template.startswith("/"):
        return "", path
    matched = as_latin1(_PARAMETER.sub(lambda match: str(values.get(match[1])), template))
    # Whether the values are decoded depends on the kind of API. Only the path has a last slash.
    for text in (matched, unquote_to_bytes(matched).decode("latin-1")):
        end = text.rstrip("/") + ("/" if path.endswith("/") else "")
        if end and path.endswith(end):
            return path.removesuffix(end), end
    return (path, "/") if matched == "/" else ("", path)


def _is_ones_own(domain: str | None) -> bool:
    """Whether it is a custom domain, not an API's own address."""
    return bool(domain) and ".execute-api." not in domain
