"""Names of values in AWS's Parameter Store turned into environment variables, once, before the app is loaded."""

import hashlib
import hmac
import json
import os
import random
import time
import urllib.error
import urllib.request
from typing import Any
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


class SecretsError(RuntimeError):
    """Why a secret could not be had; it names the variable or the parameter, never a value."""


def fetch() -> None:
    """Set the variables that SECRETS_FROM names. Raises SecretsError."""
    wanted = _wanted()
    names = sorted(set(wanted.values()))
    found = dict[str, str]()
    for start in range(0, len(names), AT_ONCE):
        found |= _parameters(names[start : start + AT_ONCE])
    for variable, name in wanted.items():
        os.environ[variable] = found[name]


def _wanted() -> dict[str, str]:
    try:
        found: Any = json.loads(os.environ[VARIABLE])
    except ValueError:
        found = None
    if not (isinstance(found, dict) and all(isinstance(name, str) for name in found.values())):
        raise SecretsError(f'{VARIABLE} is no JSON of the form {{"VARIABLE": "PARAMETER"}}')
    return found


def _parameters(names: list[str]) -> dict[str, str]:
    answer = _ask(json.dumps({"Names": names, "WithDecryption": True}).encode())
    if answer.get("InvalidParameters"):
        raise SecretsError(f"there is no parameter {', '.join(answer['InvalidParameters'])} in {_region()}")
    # Parameters are asked for by NAME or by NAME:VERSION, and told by both apart.
    found = answer["Parameters"]
    return {
        name: entry["Value"]
        for entry in found
        for name in (entry["Name"], f"{entry['Name']}:{entry['Version']}")
    }


def _ask(body: bytes) -> Any:
    address = os.environ.get("AWS_ENDPOINT_URL_SSM") or f"https://ssm.{_region()}.{_suffix()}"
    problem = ""
    for pause in (*PAUSES, None):
        request = urllib.request.Request(f"{address}/", body, signed(address, body, time.gmtime()))
        try:
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


def _reason(refusal: urllib.error.HTTPError) -> str:
    try:
        told = json.load(refusal)
        return f"{told['__type'].rpartition('#')[2]}: {told.get('message') or told.get('Message') or ''}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(refusal.reason)


def signed(address: str, body: bytes, now: time.struct_time) -> dict[str, str]:
    """The headers of a POST of `body` to the root of `address`, signed by Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. The keys are those that
    Lambda puts into the environment.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", now)
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(address).netloc,
        "x-amz-date": stamp,
        "x-amz-target": TARGET,
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    signs = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{signs}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{_region()}/ssm/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{os.environ.get('AWS_SECRET_ACCESS_KEY', '')}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    owner = f"{os.environ.get('AWS_ACCESS_KEY_ID', '')}/{scope}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={owner}, SignedHeaders={signs}, Signature={signature}"
    )
    return headers


def _region() -> str:
    return os.environ.get("AWS_REGION", "")


def _suffix() -> str:
    return "amazonaws.com.cn" if _region().startswith("cn-") else "amazonaws.com"
