"""What tests of bills share: the prices, a setup of each platform in one region, and the amounts of a bill by line."""

from decimal import Decimal

from cost.app import App
from cost.bill import Bill
from cost.setup import Setup, setup
from platforms.prices import Prices

PRICES = Prices.load()
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "apprunner": "us-east-1", "ecs": "us-east-1"}
NOTHING_STORED = {"app": App(image_gb=Decimal(0), response_kb=Decimal(0), log_bytes=0)}


def service(platform: str, **settings: object) -> Setup:
    return setup(platform, str(settings.pop("region", REGIONS.get(platform))), **settings)  # pyright: ignore[reportArgumentType]


def amounts(one: Bill) -> dict[str, Decimal | None]:
    return {
        line.name: None if line.amount is None else round(line.amount, 2)
        for line in one.lines
        if line.quantity
    }
