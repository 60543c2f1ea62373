"""Reads from the file of prices what one thing costs on a platform in a region, exact to the last digit."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "prices.toml"
STALE_MONTHS = 12


class PriceError(Exception):
    """A price file, a platform, a price or a region that cannot be used; the text names what is allowed."""


@dataclass(frozen=True)
class Price:
    """What one thing costs in one region, in dollars.

    tiers: (from this quantity a month, dollars for `per` units), ascending; empty when the price is unknown.
    free: how many units a month cost nothing. free_value: how many dollars a month are taken off instead.
    step, minimum: seconds. Time is billed in whole steps, and each stretch as at least `minimum`. 0 for other units.
    confirmed: whether the vendor's own page or price list was seen. source, read: that page, and the month (YYYY-MM).
    """

    platform: str
    name: str
    region: str
    tiers: tuple[tuple[Decimal, Decimal], ...]
    unit: str
    per: Decimal
    free: Decimal
    free_value: Decimal | None
    free_condition: str
    step: Decimal
    minimum: Decimal
    confirmed: bool
    source: str
    read: str
    note: str

    @property
    def known(self) -> bool:
        return bool(self.tiers)

    @cached_property
    def thresholds(self) -> tuple[Decimal, ...]:
        """The quantities at which the marginal price changes, with the free tier and without it."""
        starts = [start for start, _ in self.tiers]
        free = self.free_quantity or Decimal(0)
        return tuple(
            sorted({start + shift for start in starts for shift in (Decimal(0), free)} - {Decimal(0)})
        )

    @cached_property
    def free_quantity(self) -> Decimal | None:
        """How many units the free tier covers at this region's price; None when it covers none."""
        if self.free_value is not None and self.known:
            return self.free_value / self.tiers[0][1] * self.per
        return self.free or None

    def cost(self, quantity: Decimal) -> Decimal | None:
        """Dollars for a month's quantity before any free tier; None when the price is unknown."""
        if not self.known:
            return None
        if len(self.tiers) == 1:  # as most are, and this is asked for each line of each bill
            return quantity * self.tiers[0][1] / self.per
        starts = [start for start, _ in self.tiers[1:]]
        total = Decimal(0)
        for (start, rate), end in zip(self.tiers, [*starts, None], strict=True):
            if quantity > start:
                total += (quantity - start if end is None else min(quantity, end) - start) * rate
        return total / self.per


def shipped() -> dict[str, Any]:
    """The tables of prices.toml."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


class Prices:
    """Every price of prices.toml, or of tables of the same shape."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._tables = tables
        self._known: dict[tuple[str, str, str], Price] = {}

    @classmethod
    def load(cls) -> "Prices":
        """The prices shipped here."""
        return cls(shipped())

    def platforms(self) -> tuple[str, ...]:
        return tuple(self._tables)

    def names(self, platform: str) -> tuple[str, ...]:
        """The names of a platform's prices."""
        return tuple(name for name in self._platform(platform) if name != "regions")

    def regions(self, platform: str) -> dict[str, str]:
        """A platform's known regions, each with the group of regions whose prices it shares."""
        return dict(self._platform(platform)["regions"])

    def check_region(self, platform: str, region: str) -> None:
        """PriceError for a region that is not known, naming those that are."""
        regions = self.regions(platform)
        if region not in regions:
            raise PriceError(
                f"{region!r} is not a region with known prices for {platform}; known: {', '.join(sorted(regions))}. "
                "Another one can be added in a file of your own: --prices FILE"
            )

    def price(self, platform: str, name: str, region: str) -> Price:
        """One price in one region; its tiers are empty when it is unknown there."""
        key = (platform, name, region)
        if key not in self._known:
            self._known[key] = self._parsed(platform, name, region)
        return self._known[key]

    def _parsed(self, platform: str, name: str, region: str) -> Price:
        self.check_region(platform, region)
        table = price_table(self._tables, platform, name)
        group = self.regions(platform)[region]
        entry = _entry(table, region, group)
        common = table if entry is None else {**table, **entry}
        where = f"{platform}.{name} in {region}"
        return Price(
            platform=platform,
            name=name,
            region=region,
            tiers=() if entry is None else _tiers(entry["price"], where),
            unit=table["unit"],
            per=Decimal(table.get("per", 1)),
            free=_decimal(table.get("free", "0"), where),
            free_value=_free_value(table, where),
            free_condition=table.get("free_condition", ""),
            step=_decimal(table.get("step", "0"), where),
            minimum=_decimal(table.get("minimum", "0"), where),
            confirmed=bool(common.get("confirmed", True)) and entry is not None,
            source=common["source"],
            read=common["read"],
            note="; ".join(text for text in (table.get("note", ""), (entry or {}).get("note", "")) if text),
        )

    def stale(self, today: date) -> str | None:
        """A warning when the oldest of the prices was read over a year ago."""
        reads = [table["read"] for platform in self._tables for table in self._priced(platform)]
        oldest = min(reads)
        year, month = (int(part) for part in oldest.split("-"))
        if (today.year - year) * 12 + today.month - month > STALE_MONTHS:
            return (
                f"the oldest of the prices was read in {oldest}, over a year ago: "
                "bring platforms/prices.toml up to date, or give your own with --prices FILE"
            )
        return None

    def _priced(self, platform: str) -> list[Mapping[str, Any]]:
        return [price_table(self._tables, platform, name) for name in self.names(platform)]

    def _platform(self, platform: str) -> Mapping[str, Any]:
        if platform not in self._tables:
            raise PriceError(
                f"{platform!r} has no prices in platforms/prices.toml; known: {', '.join(self._tables)}"
            )
        return self._tables[platform]


def price_table(tables: Mapping[str, Any], platform: str, name: str) -> Mapping[str, Any]:
    """The table of one price. A price that is the same as another platform's is spelled out region by region."""
    table: Mapping[str, Any] | None = tables[platform].get(name)
    if table is None or name == "regions":
        known = ", ".join(key for key in tables[platform] if key != "regions")
        raise PriceError(f"{platform} has no price {name!r}; known: {known}")
    if "same_as" not in table:
        return table
    other, _, its_name = table["same_as"].partition(".")
    shared = price_table(tables, other, its_name)
    groups = tables[other]["regions"]
    prices = {region: _raw(shared, region, groups.get(region, "")) for region in tables[platform]["regions"]}
    return {**shared, "price": {region: raw for region, raw in prices.items() if raw is not None}}


def _raw(table: Mapping[str, Any], region: str, group: str) -> Any:
    return table["price"].get(region, table["price"].get(group))


def _entry(table: Mapping[str, Any], region: str, group: str) -> dict[str, Any] | None:
    """A region's entry as a table, written in any of the three ways; None if there is no entry."""
    raw = _raw(table, region, group)
    if raw is None:
        return None
    return raw if isinstance(raw, dict) else {"price": raw}


def _tiers(raw: Any, where: str) -> tuple[tuple[Decimal, Decimal], ...]:
    if not isinstance(raw, list):
        return ((Decimal(0), _decimal(raw, where)),)
    tiers = tuple((_decimal(pair[0], where), _decimal(pair[1], where)) for pair in raw if _is_pair(pair))
    starts = [start for start, _ in tiers]
    if len(tiers) != len(raw) or starts[:1] != [0] or starts != sorted(set(starts)):
        raise PriceError(f'{where}: a price is "0.20", or [["0", "1.00"], ["1000", "0.90"]]; this is {raw!r}')
    return tiers


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == len(("from", "price"))


def _free_value(table: Mapping[str, Any], where: str) -> Decimal | None:
    """The dollars that a free quantity is worth at another group's price."""
    group = table.get("free_priced_at")
    if group is None:
        return None
    raw = table["price"][group]
    rate = _tiers(raw["price"] if isinstance(raw, dict) else raw, where)[0][1]
    return _decimal(table["free"], where) * rate / Decimal(table.get("per", 1))


def _decimal(text: Any, where: str) -> Decimal:
    try:
        value = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite() or value < 0:
        raise PriceError(
            f'{where}: a price is a number of 0 or more in quotes, such as "0.20"; this is {text!r}'
        )
    return value
