"""The zone in Route 53 that holds a service's domain."""

import pulumi
import pulumi_aws as aws

from stacks.settings import Service


def zone_id(service: Service) -> pulumi.Output[str]:
    """The id of the zone that `service.dns_zone` names; a pulumi.RunError if the account has no such zone."""
    query = aws.route53.get_zone_output(name=service.dns_zone, private_zone=False)
    return query.apply(lambda zone: zone.zone_id).recover(lambda refusal: _refuse(service.dns_zone, refusal))


def _refuse(name: str, refusal: Exception) -> str:
    said = " ".join(str(refusal).split())
    raise pulumi.RunError(
        f"dnsZone: it is {name!r}, and Route 53 gives no public zone for it ({said}); "
        "type `pulumi config set dnsZone ZONE`, or `pulumi config rm dnsZone` to make the records by hand"
    )
