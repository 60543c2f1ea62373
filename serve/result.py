"""A response's body as Lambda's JSON carries it: text where it is text, else base64, always within the limit."""

import base64
import json

from serve.wsgi_call import Response

# A synchronous response's limit in bytes of JSON; past it the Runtime API answers 413 and awslambdaric exits.
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the same number stands in platforms/limits.toml.
RESPONSE_LIMIT = 6_291_556

# JSON spends at most 6 bytes on one byte of text (\u0000).
_SURELY_FITS = RESPONSE_LIMIT // 8


class TooLargeError(ValueError):
    """A response that Lambda cannot carry."""


def body_of(response: Response, headers: dict[str, str], method: str) -> tuple[str, bool]:
    """The body and whether it is base64. `headers` have lower-case names. Raises TooLargeError past the limit.

    A body without meaning (HEAD, 204, 304) is empty. Base64 is byte-exact always, text when it is valid UTF-8.
    """
    body = response.body
    if not body or method == "HEAD" or response.status in (204, 304):
        return "", False
    if not headers.get("content-encoding") and _is_text(headers.get("content-type", "")):
        try:
            text = body.decode()
        except UnicodeDecodeError:
            pass
        else:
            if len(body) <= _SURELY_FITS or len(json.dumps(text)) + _size(response) <= RESPONSE_LIMIT:
                return text, False
    encoded_size = (len(body) + 2) // 3 * 4
    if encoded_size > _SURELY_FITS and encoded_size + _size(response) > RESPONSE_LIMIT:
        raise TooLargeError(
            f"the response is {len(body):,} bytes; Lambda carries {RESPONSE_LIMIT:,} bytes of JSON, "
            "about 4.5 MB of binary data"
        )
    return base64.b64encode(body).decode("ascii"), True


def _is_text(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "x-www-form-urlencoded"))


def _size(response: Response) -> int:
    """At most what the rest of the result takes as JSON, in bytes."""
    return 200 + sum(6 * (len(name) + len(value)) + 8 for name, value in response.headers)
