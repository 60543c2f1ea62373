"""A custom domain on Cloud Run, by its domain mapping, with its records in Cloud DNS."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp

from stacks.deployment import DnsRecords
from stacks.settings import Service


def join_domain(service: Service, cloud_run: "gcp.cloudrunv2.Service") -> DnsRecords | None:
    """Map `service.domain` to `cloud_run`; the records that a person has to make by hand, None with a zone.

    The domain has to be verified at Google before (docs/domain.md). Google makes the certificate within a day of the
    records.
    """
    mapping = gcp.cloudrun.DomainMapping(
        service.name,
        name=service.domain,
        location=service.region,
        project=service.cloud_project,
        metadata=gcp.cloudrun.DomainMappingMetadataArgs(
            namespace=service.cloud_project, labels=service.labels
        ),
        spec=gcp.cloudrun.DomainMappingSpecArgs(route_name=cloud_run.name),
    )
    records = mapping.statuses.apply(lambda statuses: statuses[0].resource_records or [])
    if not service.dns_zone:
        return records.apply(lambda resolved: [_by_hand(service.domain, record) for record in resolved])

    zones = gcp.dns.get_managed_zones_output(project=service.cloud_project).managed_zones
    zone = zones.apply(lambda resolved: _zone(resolved, service.dns_zone))
    # A zone's own name takes addresses, a name below it one alias: Google gives no other records.
    for kind in ("A", "AAAA") if service.domain == service.dns_zone else ("CNAME",):
        gcp.dns.RecordSet(
            f"{service.name}-{kind.lower()}",
            project=service.cloud_project,
            managed_zone=zone,
            name=f"{service.domain}.",
            type=kind,
            ttl=300,
            rrdatas=records.apply(
                lambda resolved, kind=kind: [str(record.rrdata) for record in resolved if record.type == kind]
            ),
        )
    return None


def _zone(zones: Sequence[Any], dns_name: str) -> str:
    for zone in zones:
        if zone.dns_name == f"{dns_name}." and zone.visibility == "public":
            return zone.name
    known = ", ".join(zone.dns_name.rstrip(".") for zone in zones if zone.visibility == "public") or "none"
    raise pulumi.RunError(
        f"dnsZone: it is {dns_name!r}, which is no public zone of this project in Cloud DNS ({known}); "
        "type `pulumi config set dnsZone ZONE`, or `pulumi config rm dnsZone` to make the records by hand"
    )


def _by_hand(domain: str, record: Any) -> dict[str, str]:
    return {"name": domain, "type": record.type or "", "value": record.rrdata or ""}
