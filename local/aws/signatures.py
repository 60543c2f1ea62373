"""Checks a request's signature of AWS (version 4): finds out what the event says of its sender, or refuses it.

Sources, by the names used below; what has none of them is assumed:
SIGN  docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
URL   docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, urls-invocation.html
SEEN  the real service's words: github.com/ant-media/Ant-Media-Server, issue 7827 (no signature), erlcloud/erlcloud,
      issue 690 (a wrong one), jamesmbourne/aws4-axios, issue 1553 (an unknown key)
"""

import hashlib
import hmac
import json
import posixpath
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from local.aws.http_api import ACCOUNT
from local.http.message import Answer, Request
from local.log import Log

_SCHEME = "AWS4-HMAC-SHA256"
_HEADER = re.compile(
    _SCHEME + r" +Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request, *"
    r"SignedHeaders=([a-z0-9;._-]+), *Signature=([0-9a-f]{64})"
)
_LEEWAY_SECONDS = 300
_UNRESERVED = "-_.~"

_UNSIGNED = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
_WRONG = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_UNKNOWN_KEY = "The security token included in the request is invalid."


class SignatureError(Exception):
    """The request is refused. The text is for the log, `kind` is AWS's name of the error, `said` is sent back."""

    def __init__(self, text: str, kind: str, said: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.said = said


@dataclass(frozen=True)
class Signer:
    """The only identity that may call: its access key, and the secret that it signs with."""

    key: str
    secret: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Signer":
        """The credentials in the variables that AWS's own tools read. Raises KeyError without them."""
        return cls(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])

    @property
    def context(self) -> dict[str, Any]:
        """The event's requestContext.authorizer about this identity (URL)."""
        return {
            "iam": {
                "accessKey": self.key,
                "accountId": ACCOUNT,
                "callerId": "AIDALOCAL",
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": f"arn:aws:iam::{ACCOUNT}:user/local",
                "userId": "AIDALOCAL",
            }
        }


class IamAuthorizer:
    """Accepts requests to `service` that `signer` signed; if it refuses one, it logs why.

    forbidden: the door's own answer to a SignatureError.
    """

    def __init__(
        self, signer: Signer, service: str, forbidden: Callable[[SignatureError], Answer], log: Log
    ) -> None:
        self._signer = signer
        self._service = service
        self._forbidden = forbidden
        self._log = log

    async def judge(self, request: Request) -> Answer | dict[str, Any]:
        """The event's requestContext.authorizer, or the refusal."""
        try:
            check(request, self._signer, self._service, time.time())
        except SignatureError as refused:
            self._log.event(f"signature refused: {refused}")
            return self._forbidden(refused)
        return self._signer.context


def forbidden_by_url(problem: SignatureError) -> Answer:
    """A function URL's answer (SEEN)."""
    body = json.dumps({"Message" if problem.said == _UNSIGNED else "message": problem.said}).encode()
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", problem.kind.encode())]
    return Answer(403, [*headers, (b"content-length", str(len(body)).encode())], body)


def check(request: Request, signer: Signer, service: str, now: float) -> None:
    """Raise SignatureError unless `signer` signed the request for `service`, at most five minutes ago (SIGN)."""
    value = (request.header(b"authorization") or b"").decode("latin-1")
    if not value.startswith(_SCHEME):
        raise SignatureError("there is none", "AccessDeniedException", _UNSIGNED)
    match = _HEADER.fullmatch(value.strip())
    if match is None:
        raise _wrong("it cannot be read")
    key, day, region, called, names, signature = match.groups()
    if key != signer.key:
        raise SignatureError("its access key is another", "UnrecognizedClientException", _UNKNOWN_KEY)
    if called != service:
        raise _wrong(f"it is for the service {called!r}, this is {service!r}")
    moment = (request.header(b"x-amz-date") or b"").decode("latin-1")
    _check_time(moment, day, now)
    signed = names.split(";")
    if "host" not in signed:
        raise _wrong("it leaves Host out")
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join([_SCHEME, moment, scope, _hash(_canonical(request, signed))])
    secret = f"AWS4{signer.secret}".encode()
    for part in (day, region, service, "aws4_request", text):
        secret = hmac.digest(secret, part.encode(), "sha256")
    if not hmac.compare_digest(secret.hex(), signature):
        raise _wrong("it does not match")


def _check_time(moment: str, day: str, now: float) -> None:
    try:
        signed_at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _wrong("x-amz-date is missing or no time") from None
    if not moment.startswith(day):
        raise _wrong("it is of another day than x-amz-date")
    if abs(signed_at - now) > _LEEWAY_SECONDS:
        said = "Signature expired" if signed_at < now else "Signature not yet current"
        raise SignatureError(f"{said}: {moment}", "InvalidSignatureException", f"{said}: {moment}")


def _wrong(text: str) -> SignatureError:
    return SignatureError(text, "InvalidSignatureException", _WRONG)


def _canonical(request: Request, signed: list[str]) -> bytes:
    """The canonical request: what both sides sign (SIGN)."""
    fields = [f"{name}:{_values(request, name)}\n" for name in signed]
    declared = request.header(b"x-amz-content-sha256")
    body = hashlib.sha256(request.body).hexdigest()
    if declared is not None and declared.decode("latin-1") not in (body, "UNSIGNED-PAYLOAD"):
        raise _wrong("x-amz-content-sha256 is not that of the body")
    lines = [request.method, _path(request.path), _query(request.query), "".join(fields), ";".join(signed)]
    return "\n".join([*lines, declared.decode("latin-1") if declared else body]).encode()


def _values(request: Request, name: str) -> str:
    values = [value.decode("latin-1") for key, value in request.headers if key.decode("latin-1") == name]
    return ",".join(" ".join(value.split()) for value in values)


def _path(path: bytes) -> str:
    """Without . and .. and empty segments, and encoded once more than it was sent."""
    text = path.decode("latin-1")
    plain = posixpath.normpath(f"/{text.lstrip('/')}")
    return quote(plain + ("/" if text.endswith("/") and plain != "/" else ""), safe=f"/{_UNRESERVED}")


def _query(query: bytes) -> str:
    pairs = [part.partition(b"=") for part in query.split(b"&") if part]
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: bytes) -> str:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
