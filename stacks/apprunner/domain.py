"""A custom domain on App Runner, which makes the certificate, with its records in Route 53."""

from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.aws_shared.route53 import zone_id
from stacks.deployment import DnsRecords
from stacks.settings import Service

# App Runner asks for one record for the name itself and one for a name below it; for a third only with www.
PROOFS = 2


def join_domain(service: Service, app_runner: "aws.apprunner.Service") -> DnsRecords | None:
    """Join `service.domain` to `app_runner`; the records that a person has to make by hand, None with a zone.

    App Runner waits for the records by itself, so without a zone one `up` is enough too.
    """
    association = aws.apprunner.CustomDomainAssociation(
        service.name,
        domain_name=service.domain,
        service_arn=app_runner.arn,
        enable_www_subdomain=False,
    )
    proofs = association.certificate_validation_records
    if not service.dns_zone:
        by_hand = proofs.apply(lambda resolved: [_by_hand(proof) for proof in resolved])
        return pulumi.Output.all(by_hand, association.dns_target).apply(
            lambda got: [*got[0], {"name": service.domain, "type": "CNAME", "value": got[1]}]
        )

    zone = zone_id(service)
    for place in range(PROOFS):
        # How many there are is known only after the association is made, too late to plan them one by one.
        aws.route53.Record(
            f"{service.name}-validation-{place}",
            zone_id=zone,
            name=proofs[place].name,
            type=proofs[place].type,
            records=[proofs[place].value],
            ttl=60,
            allow_overwrite=True,
        )
    aws.route53.Record(
        f"{service.name}-a",
        zone_id=zone,
        name=service.domain,
        type="A",
        aliases=[
            aws.route53.RecordAliasArgs(
                name=association.dns_target,
                zone_id=aws.apprunner.get_hosted_zone_id_output().id,
                evaluate_target_health=False,
            )
        ],
    )
    return None


def _by_hand(proof: Any) -> dict[str, str]:
    return {"name": proof.name, "type": proof.type, "value": proof.value}
