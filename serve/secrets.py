"""Names of values in AWS's Parameter Store turned into environment variables, once, before the app is loaded."""

import hashlib
import hmac
import json
import logging
import os
import random
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# {"API_KEY": "/shop/API_KEY:3"}: a variable's name to a parameter's.
VARIABLE = "SECRETS_FROM"
TARGET = "AmazonSSM.GetParameters"
AT_ONCE = (
    10  # names that GetParameters takes, https://docs.aws.amazon.com/systems-manager/latest/APIReference
)
# Seconds for an answer, and between tries: Lambda gives the whole start ten, and many that start at once are throttled.
PATIENCE = 1.5
PAUSES = (0.2, 0.5, 1.0)


SERVERS_FAULT = 500

log = logging.getLogger(__name__)


class Keys(NamedTuple):
    """What signs requests; `token` is empty if there is none."""

    key: str
    secret: str
    token: str


class SecretsError(RuntimeError):
    """Why a secret could not be read; it names the variable or the parameter, never a value."""


def fetch() -> None:
    """Set the variables that SECRETS_FROM names. Raises SecretsError."""
    _set(_wanted())


def _set(wanted: Mapping[str, str]) -> None:
    names = sorted(set(wanted.values()))
    values = dict[str, str]()
    for start in range(0, len(names), AT_ONCE):
        values |= _parameters(names[start : start + AT_ONCE])
    for variable, name in wanted.items():
        os.environ[variable] = values[name]


def fetch_again() -> None:
    """Set the variables whose parameters may have changed since a snapshot, and log which of them have changed.

    A name with a version always stands for the same value. If Parameter Store cannot be asked, the snapshot's values
    stay: they are most likely still right, and an error here would be the end of the instance.
    """
    names = {variable: name for variable, name in _wanted().items() if not _has_version(name)}
    before = {variable: os.environ.get(variable) for variable in names}
    try:
        _set(names)
    except SecretsError as error:
        log.error("Secrets are those of the snapshot: %s", error)  # noqa: TRY400 - the text says it all
    changed = sorted(variable for variable in names if os.environ.get(variable) != before[variable])
    if changed:
        log.warning(
            "%s changed since the snapshot was taken; anything that the app made from it while it was loaded is old",
            ", ".join(changed),
        )


def _has_version(name: str) -> bool:
    return name.rpartition(":")[2].isdigit()


def _wanted() -> dict[str, str]:
    try:
        places: Any = json.loads(os.environ[VARIABLE])
    except ValueError:
        places = None
    if not (isinstance(places, dict) and all(isinstance(name, str) for name in places.values())):
        raise SecretsError(f'{VARIABLE} is no JSON of the form {{"VARIABLE": "PARAMETER"}}')
    return places


def _parameters(names: list[str]) -> dict[str, str]:
    answer = _ask(json.dumps({"Names": names, "WithDecryption": True}).encode())
    if answer.get("InvalidParameters"):
        raise SecretsError(f"there is no parameter {', '.join(answer['InvalidParameters'])} in {_region()}")
    # A request names a parameter by NAME or by NAME:VERSION; the answer has name and version apart.
    parameters = answer["Parameters"]
    return {
        name: entry["Value"]
        for entry in parameters
        for name in (entry["Name"], f"{entry['Name']}:{entry['Version']}")
    }


def _ask(body: bytes) -> Any:
    address = os.environ.get("AWS_ENDPOINT_URL_SSM") or f"https://ssm.{_region()}.{_suffix()}"
    problem = ""
    for pause in (*PAUSES, None):
        try:
            request = urllib.request.Request(
                f"{address}/", body, signed(address, body, time.gmtime(), _keys())
            )
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError as refusal:
            reason = _reason(refusal)
            is_final = refusal.code < SERVERS_FAULT and "Throttl" not in reason
            problem = f"{address} refuses GetParameters: {refusal.code} {reason}"
        except (OSError, ValueError) as failure:
            is_final, problem = False, f"{address} does not answer GetParameters: {failure}"
        if is_final or pause is None:
            break
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - it spreads the tries, and guards nothing
    raise SecretsError(problem)


def _keys() -> Keys:
    """The keys in the environment, or from the address that the environment names. Raises OSError.

    Keys in the environment of a snapshot would expire, so an instance of SnapStart is given an address in their place:
    docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials.
    """
    address = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if os.environ.get("AWS_ACCESS_KEY_ID") or not address:
        return Keys(
            *(
                os.environ.get(name, "")
                for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
            )
        )
    asked = urllib.request.Request(
        address, headers={"Authorization": os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")}
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as response:
            answer = json.load(response)
        return Keys(answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"])
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise OSError(f"{address} gives no keys: {failure!r}") from None


def _reason(refusal: urllib.error.HTTPError) -> str:
    try:
        body = json.load(refusal)
        return f"{body['__type'].rpartition('#')[2]}: {body.get('message') or body.get('Message') or ''}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(refusal.reason)


def signed(address: str, body: bytes, now: time.struct_time, keys: Keys) -> dict[str, str]:
    """The headers of a POST of `body` to the root of `address`, signed with `keys` by Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", now)
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(address).netloc,
        "x-amz-date": stamp,
        "x-amz-target": TARGET,
    }
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    signs = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{signs}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{_region()}/ssm/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.key}/{scope}, SignedHeaders={signs}, Signature={signature}"
    )
    return headers


def _region() -> str:
    return os.environ.get("AWS_REGION", "")


def _suffix() -> str:
    return "amazonaws.com.cn" if _region().startswith("cn-") else "amazonaws.com"
