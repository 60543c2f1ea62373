"""Reads a user's file of prices, which add to and replace those of platforms/prices.toml; names every mistake in it."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platforms.prices import PriceError, Prices, price_table, shipped

TEXTS = ("free_condition", "free_priced_at", "note", "source", "unit")
KEYS = sorted((*TEXTS, "free", "minimum", "per", "price", "read", "step"))


def load(path: Path | None) -> Prices:
    """The shipped prices with those of the user's file over them; PriceError when that file cannot be used."""
    return Prices.load() if path is None else Prices(_merge(shipped(), _read(path), path))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PriceError(f"{path} cannot be read as a price file: {error}") from None


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """`base` with the regions and prices of `own` added or replaced."""
    merged: dict[str, Any] = {platform: dict(tables) for platform, tables in base.items()}
    for platform, tables in changes.items():
        _known(platform, merged, "", path)
        for name, table in _as_table(tables, f"[{platform}]", path).items():
            _known(name, merged[platform], f"{platform}.", path)
            entries = _as_table(table, f"[{platform}.{name}]", path)
            where = f"{path}: [{platform}.{name}]"
            if name == "regions":
                for region, group in entries.items():
                    _expect(isinstance(group, str), f"{where} {region}", "a text", group)
                merged[platform][name] = {**merged[platform][name], **entries}
            else:
                before = price_table(base, platform, name)
                merged[platform][name] = {
                    **before,
                    **entries,
                    "price": {**before["price"], **_owned(entries, path)},
                }
                _check(entries, merged[platform][name]["price"], where)
    return merged


def _check(entries: Mapping[str, Any], prices: Mapping[str, Any], where: str) -> None:
    """PriceError for an entry of a user's table that no table has, or in another form; prices: the merged ones."""
    for key, value in entries.items():
        if key not in KEYS:
            raise PriceError(f"{where} has no {key!r}; it has {', '.join(KEYS)}")
        if key in TEXTS:
            _expect(isinstance(value, str), f"{where} {key}", "a text", value)
    per, read, group = entries.get("per", 1), entries.get("read", "2026-11"), entries.get("free_priced_at")
    _expect(isinstance(per, int) and per > 0, f"{where} per", "a whole number of 1 or more", per)
    month = isinstance(read, str) and re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", read)
    _expect(bool(month), f"{where} read", 'a month such as "2026-11"', read)
    if group is not None and group not in prices:
        raise PriceError(
            f"{where} free_priced_at: {group!r} has no price; those that have: {', '.join(prices)}"
        )


def _expect(right: bool, where: str, wanted: str, value: Any) -> None:  # noqa: FBT001 -- the condition
    if not right:
        raise PriceError(f"{where}: {wanted}, this is {value!r}")


def _known(name: str, tables: Mapping[str, Any], prefix: str, path: Path) -> None:
    if name not in tables:
        raise PriceError(
            f"{path}: [{prefix}{name}] is not known; known: {', '.join(prefix + key for key in tables)}"
        )


def _as_table(value: Any, where: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PriceError(
            f"{path}: {where} is a table of prices, this is {value!r}; platforms/prices.toml shows its shape"
        )
    return value


def _owned(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A user's prices by region; each has the user's file as its source unless it names one."""
    owned: dict[str, Any] = {}
    for region, raw in _as_table(table.get("price", {}), "price", path).items():
        entry: dict[str, Any] = raw if isinstance(raw, dict) else {"price": raw}
        if "price" not in entry:
            raise PriceError(f"{path}: the entry of {region} needs a price, this is {raw!r}")
        for key in {"note", "source"} & entry.keys():
            _expect(
                isinstance(entry[key], str), f"{path}: the entry of {region}, {key}", "a text", entry[key]
            )
        owned[region] = {"source": str(path), **entry}
    return owned
