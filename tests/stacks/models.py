"""The clouds' own API models as judges: requests in, what is wrong with them out."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import googleapiclient
from botocore.validate import ParamValidator

from tests.stacks.aws_calls import Call, calls
from tests.stacks.graph import Node

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
# Classes of characters that Python's regular expressions lack, each as the nearest that holds all of it.
DIALECT = {r"\p{L}": r"\w", r"\p{Z}": r"\s", r"\p{N}": r"\d"}


def aws_problems(call: Call) -> list[str]:
    """What AWS's service model says against a request: names, types, missing ones, enums, ranges, patterns."""
    operation = _model(call.service).operation_model(call.operation)
    report = ParamValidator().validate(call.parameters, operation.input_shape)
    plain = [report.generate_report()] if report.has_errors() else []
    return [
        f"{call.operation}: {problem}"
        for problem in [*plain, *_values(operation.input_shape, call.parameters)]
    ]


@cache
def _model(service: str) -> Any:
    return _session().get_service_model(service)


@cache
def _session() -> Any:
    return botocore.session.get_session()


def _values(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """What ParamValidator leaves out: enum, pattern and the largest value or length."""
    if shape.type_name == "structure":
        for name, item in value.items():
            if name in shape.members:
                yield from _values(shape.members[name], item, f"{path}.{name}")
    elif shape.type_name == "list":
        for place, item in enumerate(value):
            yield from _values(shape.member, item, f"{path}[{place}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _values(shape.key, key, f"{path}.{key} (name)")
            yield from _values(shape.value, item, f"{path}.{key}")
    else:
        yield from _scalar(shape, value, path)


def _scalar(shape: Any, value: Any, path: str) -> Iterator[str]:
    size = len(value) if isinstance(value, str) else value
    if getattr(shape, "enum", []) and value not in shape.enum:
        yield f"{path}: {value!r} is none of {shape.enum}"
    if isinstance(size, int) and size > shape.metadata.get("max", size):
        yield f"{path}: {value!r} is over {shape.metadata['max']}"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not re.fullmatch(_python(pattern), value, re.DOTALL):
        yield f"{path}: {value!r} does not match {pattern}"


def _python(pattern: str) -> str:
    for foreign, own in DIALECT.items():
        pattern = pattern.replace(foreign, own)
    # Python takes a flag for the whole at the start only.
    return "(?i)" + pattern.replace("(?i)", "") if "(?i)" in pattern else pattern


# A type of Pulumi's to the discovery document and schema of what it creates, and to names that differ.
GOOGLE = {
    "gcp:projects/service:Service": (
        "serviceusage.v1",
        "GoogleApiServiceusageV1Service",
        {"service": "name"},
    ),
    "gcp:artifactregistry/repository:Repository": ("artifactregistry.v1", "Repository", {}),
    "gcp:serviceaccount/account:Account": ("iam.v1", "ServiceAccount", {}),
    "gcp:cloudrunv2/service:Service": (
        "run.v2",
        "GoogleCloudRunV2Service",
        {"envs": "env", "traffics": "traffic", "commands": "command"},
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": ("monitoring.v3", "NotificationChannel", {}),
    "gcp:monitoring/alertPolicy:AlertPolicy": ("monitoring.v3", "AlertPolicy", {}),
    "gcp:billing/budget:Budget": (
        "billingbudgets.v1",
        "GoogleCloudBillingBudgetsV1Budget",
        {"allUpdatesRule": "notificationsRule"},
    ),
    "gcp:secretmanager/secret:Secret": ("secretmanager.v1", "Secret", {"auto": "automatic"}),
    "gcp:secretmanager/secretVersion:SecretVersion": ("secretmanager.v1", "AddSecretVersionRequest", {}),
    "gcp:secretmanager/secretIamMember:SecretIamMember": ("secretmanager.v1", "Binding", {}),
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": ("run.v2", "GoogleIamV1Binding", {}),
    "gcp:cloudrun/domainMapping:DomainMapping": ("run.v1", "DomainMapping", {}),
    "gcp:dns/recordSet:RecordSet": ("dns.v1", "ResourceRecordSet", {}),
}
# What names the resource in the request's address, or speaks to the provider instead of the API.
ELSEWHERE = {
    *(
        "project",
        "location",
        "repositoryId",
        "accountId",
        "managedZone",
        "disableOnDestroy",
        "deletionProtection",
    ),
    *("deletionPolicy", "secretId", "secret", "billingAccount"),
}


def google_problems(node: Node) -> list[str]:
    """What Google's discovery document says against a resource: unknown names, types, enums."""
    document, schema, renamed = GOOGLE[node.type]
    schemas = _schemas(document)
    body = {renamed.get(key, key): value for key, value in node.inputs.items() if key not in ELSEWHERE}
    return list(_against(schemas, schemas[schema], _google_shape(node.type, body, renamed), schema))


@cache
def _schemas(document: str) -> dict[str, Any]:
    schemas: dict[str, Any] = json.loads((DOCUMENTS / f"{document}.json").read_text(encoding="utf-8"))[
        "schemas"
    ]
    return schemas


def _google_shape(type_: str, value: Any, renamed: Mapping[str, str]) -> Any:
    """The same body as the API takes it where Pulumi's provider rearranges it."""
    if isinstance(value, list):
        return [_google_shape(type_, item, renamed) for item in value]
    if not isinstance(value, Mapping):
        return value
    shaped = {renamed.get(key, key): _google_shape(type_, item, renamed) for key, item in value.items()}
    if "ports" in shaped and isinstance(shaped["ports"], Mapping):
        shaped["ports"] = [shaped["ports"]]
    if type_ == "gcp:cloudrun/domainMapping:DomainMapping" and "metadata" in shaped:
        shaped["metadata"] = {**shaped["metadata"], "name": shaped.pop("name")}
    if "secretData" in shaped:
        shaped["payload"] = {"data": shaped.pop("secretData")}
    if "member" in shaped:
        shaped.pop("name", None)
        shaped["members"] = [shaped.pop("member")]
    if "cleanupPolicies" in shaped:
        shaped["cleanupPolicies"] = {policy["id"]: policy for policy in shaped["cleanupPolicies"]}
    return shaped


def _against(schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type", "any")
    if kind == "object" and isinstance(value, Mapping):
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if inner is None:
                yield f"{path}.{name}: there is no such field"
            else:
                yield from _against(schemas, inner, item, f"{path}.{name}")
    elif kind == "array" and isinstance(value, list):
        for place, item in enumerate(value):
            yield from _against(schemas, schema["items"], item, f"{path}[{place}]")
    elif not isinstance(
        value,
        {"string": str, "integer": int, "number": int | float, "boolean": bool, "any": object}.get(kind, ()),
    ):
        yield f"{path}: {value!r} is no {kind}"
    elif value not in schema.get("enum", [value]):
        yield f"{path}: {value!r} is none of {schema['enum']}"
    elif schema.get("format") == "google-duration" and not re.fullmatch(r"\d+(\.\d{1,9})?s", str(value)):
        yield f"{path}: {value!r} is no duration"


def problems(node: Node) -> list[str]:
    """What the model of the node's own cloud says against it; nothing for what is no API's resource."""
    if node.type.startswith("gcp:"):
        return google_problems(node)
    if node.type.startswith("aws:"):
        return [problem for call in calls(node) for problem in aws_problems(call)]
    return []
