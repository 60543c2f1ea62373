"""A custom domain in front of an HTTP API, with its certificate and its records in Route 53."""

import pulumi
import pulumi_aws as aws

from stacks.aws_shared.route53 import zone_id
from stacks.deployment import DnsRecords
from stacks.settings import Service


def join_domain(
    service: Service, api: "aws.apigatewayv2.Api", stage: "aws.apigatewayv2.Stage"
) -> DnsRecords | None:
    """Serve `api` under `service.domain`; the records that a person has to make by hand, None with a zone.

    Without a zone, the first `up` makes the certificate and names the record that proves the domain. When that record
    is made and `domainReady` is set, the next `up` waits for the certificate and joins the domain.
    """
    certificate = aws.acm.Certificate(
        service.name,
        domain_name=service.domain,
        validation_method="DNS",
        tags=service.labels,
    )
    proof = certificate.domain_validation_options[0]

    if not service.dns_zone:
        needed = [
            _record(proof.resource_record_name, proof.resource_record_type, proof.resource_record_value)
        ]
        if service.domain_ready:
            issued = aws.acm.CertificateValidation(
                service.name, certificate_arn=certificate.arn, opts=PATIENCE
            )
            target = _map(service, api, stage, issued).target_domain_name
            needed.append(_record(service.domain, "CNAME", target))
        return pulumi.Output.all(*needed)

    zone = zone_id(service)
    validation = aws.route53.Record(
        f"{service.name}-validation",
        zone_id=zone,
        name=proof.resource_record_name,
        type=proof.resource_record_type,
        records=[proof.resource_record_value],
        ttl=60,
        # Certificates of the same name share this record, such as those of two stacks in one account.
        allow_overwrite=True,
    )
    issued = aws.acm.CertificateValidation(
        service.name,
        certificate_arn=certificate.arn,
        validation_record_fqdns=[validation.fqdn],
        opts=PATIENCE,
    )
    target = _map(service, api, stage, issued)
    for kind in ("A", "AAAA"):
        aws.route53.Record(
            f"{service.name}-{kind.lower()}",
            zone_id=zone,
            name=service.domain,
            type=kind,
            aliases=[
                aws.route53.RecordAliasArgs(
                    name=target.target_domain_name,
                    zone_id=target.hosted_zone_id,
                    evaluate_target_health=False,
                )
            ],
        )
    return None


# A certificate is issued some minutes after its record can be seen; far longer means that the record is wrong.
PATIENCE = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="30m"))


def _map(
    service: Service,
    api: "aws.apigatewayv2.Api",
    stage: "aws.apigatewayv2.Stage",
    issued: "aws.acm.CertificateValidation",
) -> "pulumi.Output[aws.apigatewayv2.outputs.DomainNameDomainNameConfiguration]":
    domain = aws.apigatewayv2.DomainName(
        service.name,
        domain_name=service.domain,
        domain_name_configuration=aws.apigatewayv2.DomainNameDomainNameConfigurationArgs(
            certificate_arn=issued.certificate_arn,
            endpoint_type="REGIONAL",
            security_policy="TLS_1_2",
            ip_address_type="dualstack",
        ),
        tags=service.labels,
    )
    aws.apigatewayv2.ApiMapping(service.name, api_id=api.id, domain_name=domain.id, stage=stage.name)
    return domain.domain_name_configuration


def _record(
    name: pulumi.Input[str], kind: pulumi.Input[str], value: pulumi.Input[str]
) -> pulumi.Output[dict[str, str]]:
    return pulumi.Output.all(name=name, type=kind, value=value)
