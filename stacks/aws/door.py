"""The facts about the function's door that the rest of the stack needs."""

from dataclasses import dataclass

import pulumi

from stacks.aws_shared.alarms import Dimensions
from stacks.deployment import DnsRecords


@dataclass(frozen=True)
class Door:
    """The door's URL without a slash at its end, the records of a domain, and its counts of failures and requests."""

    url: pulumi.Output[str]
    dns_records: DnsRecords | None
    namespace: str
    metrics: tuple[str, str]
    dimensions: Dimensions
