"""The facts of an app on which costs and latencies depend, the same on every platform, and their defaults."""

from dataclasses import dataclass, fields
from decimal import Decimal

from commandline import UserError

LEAST_MB = 256
"""MB of memory that an app is taken to need at least, if nobody says how much."""


@dataclass(frozen=True)
class App:
    """One app.

    cpu_s: CPU seconds that a request takes on a whole vCPU. wait_s: seconds in which it waits for something else, such
    as a database, and takes no CPU. imports_s: CPU seconds of the app's own imports, which come on top of a platform's
    start. image_gb: the image as the registry stores it. response_kb: of one response, KB of 1,024 bytes. log_bytes:
    of the app's own lines in the log for each request; 0 if nothing is logged, not even by the platform. UserError for
    a value that is no quantity.
    """

    cpu_s: Decimal = Decimal("0.1")
    wait_s: Decimal = Decimal(0)
    imports_s: Decimal = Decimal("0.3")
    image_gb: Decimal = Decimal("0.05")
    response_kb: Decimal = Decimal(1)
    log_bytes: int = 350

    def __post_init__(self) -> None:
        for field in fields(self):
            value = Decimal(getattr(self, field.name))
            if not value.is_finite() or value < 0:
                raise UserError(f"{_NAMES[field.name]}: {value} is no quantity; it is 0 or more")
        if self.cpu_s + self.wait_s == 0:
            raise UserError("a request takes some time: --cpu or --wait is above 0")

    def alone_s(self, vcpu: Decimal) -> Decimal:
        """Seconds of a request that has an instance of so many vCPUs for itself."""
        return self.cpu_s / min(Decimal(1), vcpu) + self.wait_s


_NAMES = {
    "cpu_s": "CPU seconds of a request",
    "wait_s": "seconds of waiting of a request",
    "imports_s": "CPU seconds of imports",
    "image_gb": "image size",
    "response_kb": "response size",
    "log_bytes": "log bytes",
}
