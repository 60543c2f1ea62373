"""The zone in Route 53 that holds a service's domain."""

import pulumi
import pulumi_aws as aws

from stacks.settings import Service


def zone_id(service: Service) -> pulumi.Output[str]:
    """The id of the zone that `service.dns_zone` names; a pulumi.RunError if the account has no such zone."""
    return pulumi.Output.from_input(_found(service.dns_zone))


async def _found(name: str) -> str:
    try:
        zone = await aws.route53.get_zone_output(name=name, private_zone=False).future()
    except Exception as refusal:  # noqa: BLE001 - the SDK has none of its own for it
        said = " ".join(str(refusal).split())
        raise pulumi.RunError(
            f"dnsZone: it is {name!r}, and Route 53 gives no public zone for it ({said}); "
            "type `pulumi config set dnsZone ZONE`, or `pulumi config rm dnsZone` to make the records by hand"
        ) from None
    return zone.zone_id if zone else ""
