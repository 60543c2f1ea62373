"""What Google Cloud answers and refuses about names and zones, for the fake cloud."""

from collections.abc import Callable
from typing import Any

from tests.stacks.cloud import Cloud, Inputs, Kind, RefusedError, Resource
from tests.stacks.google_cloud import needs_api


def _mapping(cloud: Cloud, mapping: Resource, _before: Resource | None) -> dict[str, Any]:
    if mapping.inputs["spec"]["routeName"] not in {
        s.inputs["name"] for s in cloud.of("gcp:cloudrunv2/service:Service")
    }:
        raise RefusedError("404: the mapping names no service")
    domain = mapping.inputs["name"]
    below_a_zone = domain.count(".") > 1
    records = (
        [{"name": domain.partition(".")[0], "type": "CNAME", "rrdata": "ghs.googlehosted.com."}]
        if below_a_zone
        else [
            {"name": "", "type": "A", "rrdata": "216.239.32.21"},
            {"name": "", "type": "A", "rrdata": "216.239.34.21"},
            {"name": "", "type": "AAAA", "rrdata": "2001:4860:4802:32::15"},
        ]
    )
    return {"statuses": [{"resourceRecords": records}]}


def _records(cloud: Cloud, record: Resource, _before: Resource | None) -> dict[str, Any]:
    needs_api(cloud, "dns")
    if not record.inputs["rrdatas"]:
        raise RefusedError("400: a record set needs data")
    return {}


def _zones(cloud: Cloud, _query: Inputs) -> dict[str, Any]:
    zones = [
        {
            "name": name.replace(".", "-"),
            "dnsName": f"{name}.",
            "visibility": "public",
            "id": name,
            "description": "",
        }
        for name in cloud.zones
    ]
    return {"id": "zones", "managedZones": zones, "project": "my-project"}


KINDS: dict[str, Kind] = {
    "gcp:cloudrun/domainMapping:DomainMapping": Kind(
        _mapping, frozenset({"name", "location", "project", "spec"}), named_by="name"
    ),
    "gcp:dns/recordSet:RecordSet": Kind(_records, frozenset({"name", "managedZone", "project"})),
}
INVOKES: dict[str, Callable[[Cloud, Inputs], dict[str, Any]]] = {
    "gcp:dns/getManagedZones:getManagedZones": _zones,
}
