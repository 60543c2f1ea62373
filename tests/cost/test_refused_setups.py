"""What a platform does not have, and what is no quantity, has no bill."""

from decimal import Decimal

import pytest

from commandline import UserError
from cost.app import App
from cost.bill import Usage
from tests.cost.bills import service


@pytest.mark.parametrize("value", ["-1", "nan", "Infinity"])
def test_a_quantity_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(UserError, match=r"busy_s of a month: .* is not a quantity; it is 0 or more"):
        Usage(busy_s=Decimal(value))


@pytest.mark.parametrize(
    ("platform", "settings", "message"),
    [
        ("azure", {"region": "x"}, "'azure' is not a platform; known: aws, gcp, apprunner, ecs"),
        ("aws", {"memory_mb": 64}, "AWS Lambda has no instance of 64 MB; it has 128 to 10240 MB"),
        (
            "gcp",
            {"vcpu": Decimal(9)},
            "Cloud Run has no instance of 9 vCPU; it has 0.08 to 0.999, 1, 2, 4, 6, 8",
        ),
        (
            "gcp",
            {"vcpu": Decimal(3)},
            "Cloud Run has no instance of 3 vCPU; it has 0.08 to 0.999, 1, 2, 4, 6, 8",
        ),
        ("gcp", {"vcpu": Decimal("nan")}, "Cloud Run has no instance of NaN vCPU"),
        (
            "gcp",
            {"memory_mb": 8192},
            "Cloud Run with 1 vCPU has no instance of 8192 MB; it has 128 to 4096 MB",
        ),
        (
            "gcp",
            {"vcpu": Decimal("0.1"), "memory_mb": 1024},
            "Cloud Run with 0.1 vCPU has no instance of 1024 MB; it has 128 to 512 MB",
        ),
        (
            "gcp",
            {"vcpu": Decimal("0.5"), "concurrency": 2},
            "requests at once: Cloud Run's instance with 0.5 vCPU takes 1, not 2",
        ),
        ("gcp", {"concurrency": 1001}, "requests at once: Cloud Run's instance takes 1 to 1000, not 1001"),
        (
            "apprunner",
            {"concurrency": 201},
            "requests at once: App Runner's instance takes 1 to 200, not 201",
        ),
        ("apprunner", {"minimum": 26}, "instances kept ready: App Runner keeps 1 to 25, not 26"),
        (
            "apprunner",
            {"memory_mb": 500},
            "App Runner has no instance of 500 MB; it has 512, 1024, 2048",
        ),
        (
            "ecs",
            {"memory_mb": 500},
            "ECS Express Mode has no instance of 500 MB; it has 512, 1024, 2048",
        ),
        ("ecs", {"minimum": 0}, "instances kept ready: ECS Express Mode keeps 1 to 5000, not 0"),
        ("ecs", {"zones": 1}, "availability zones of ECS's load balancer: 1 is too few; it is 2 or more"),
        ("apprunner", {"minimum": 0}, "instances kept ready: App Runner keeps 1 to 25, not 0"),
        ("gcp", {"concurrency": 0}, "requests at once: 0 is too few; it is 1 or more"),
        ("aws", {"minimum": 1001}, "instances kept ready: AWS Lambda keeps 0 to 1000, not 1001"),
        (
            "aws",
            {"minimum": 1, "snapstart": True},
            "SnapStart does not go with provisioned concurr",
        ),
        (
            "aws",
            {"kept_versions": 0, "snapstart": True},
            "versions kept with SnapStart: 0 is too few; it is 1 or more",
        ),
        (
            "gcp",
            {"vcpu": Decimal("0.5"), "billing": "instance"},
            "Cloud Run bills an instance with 0.5 vCPU by request only; by instance from 1 vCPU on",
        ),
    ],
)
def test_a_setting_that_the_platform_does_not_have_is_refused(
    platform: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        service(platform, **{"region": "us-east-1", **settings})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"image_gb": Decimal(-1)}, "image size: -1 is no quantity; it is 0 or more"),
        ({"response_kb": Decimal("nan")}, "response size: NaN is no quantity; it is 0 or more"),
        ({"image_gb": Decimal("inf")}, "image size: Infinity is no quantity; it is 0 or more"),
        ({"cpu_s": Decimal("nan")}, "CPU seconds of a request: NaN is no quantity; it is 0 or more"),
        ({"cpu_s": Decimal(0)}, "a request takes some time: --cpu or --wait is above 0"),
    ],
)
def test_an_app_that_is_none_is_refused(values: dict[str, Decimal], message: str) -> None:
    with pytest.raises(UserError, match=message):
        App(**values)  # pyright: ignore[reportArgumentType]
