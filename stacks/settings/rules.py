"""The rules of a platform's keys, the reasons why it does not have other keys, and the combinations that it allows."""

import re
from collections.abc import Mapping

import platforms
from platforms import sold
from stacks.settings import by_platform
from stacks.settings.by_platform import shared
from stacks.settings.declared import KEYS, Value
from stacks.settings.table import Rule

EMAIL = re.compile(r"[^@\s]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
BILLING_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")


def rules(platform: str, cpu: float | None = None) -> dict[str, Rule]:
    """The rule of each key that `platform` has; `cpu` is the user's choice, on which some rules depend."""
    table = by_platform.of(platform).keys(cpu)
    return {key: rule.of(key) for key, rule in table.items() if isinstance(rule, Rule)}


def reasons(platform: str) -> dict[str, str]:
    """Why `platform` has no such key, by key."""
    return {key: why for key, why in by_platform.of(platform).keys(None).items() if isinstance(why, str)}


# Keys that no platform's table names: they mean the same everywhere.
COMMON = frozenset(KEYS.keys() - {key for name in platforms.NAMES for key in by_platform.of(name).keys(None)})


def combinations(platform: str, values: Mapping[str, Value | None]) -> list[str]:
    """The problems of `values` in combination; each value is allowed by itself, or None, which is not checked."""
    problems = list[str]()
    cpu, memory, concurrency = (values.get(key) for key in ("cpu", "memory", "concurrency"))
    title = platforms.TITLES[platform]
    if isinstance(cpu, float):
        fitting = sold.memories(platform, shared.exact(cpu))
        if isinstance(memory, int) and memory not in fitting:
            allowed = (
                f"{fitting[0]} to {fitting[-1]}"
                if isinstance(fitting, range)
                else " or ".join(map(str, fitting))
            )
            problems.append(f"memory: it is {memory}; with cpu {cpu:g} {title} allows {allowed}")
        at_once = sold.concurrency(platform, shared.exact(cpu))
        if at_once and concurrency is not None and concurrency not in at_once.allowed:
            problems.append(
                f"concurrency: it is {concurrency}; with cpu {cpu:g}, less than 1, {title} allows {at_once}"
            )
    if values.get("billing") == "instance" and isinstance(cpu, float) and cpu < sold.least_billed(platform):
        problems.append(
            f"billing: it is instance; with cpu {cpu:g} {title} bills requests alone, from "
            f"{sold.least_billed(platform)} on instances too"
        )
    least, most = values.get("minInstances"), values.get("maxInstances")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        problems.append(f"minInstances: it is {least}; at most maxInstances is allowed, which is {most}")
    if least and values.get("snapStart"):
        problems.append(
            f"snapStart: it is true, and minInstances is {least}: {title} keeps no instances of a version that has a "
            "snapshot; type `pulumi config rm snapStart`, or `pulumi config rm minInstances`"
        )
    return problems


def watching(email: str, budget: object, account: str, platform: str) -> list[str]:
    """The problems of alarms and budget: a text that is no address, or a budget without an address to write to."""
    problems = list[str]()
    if email and not EMAIL.fullmatch(email):
        problems.append(f"alarmEmail: it is {email!r}; allowed is one address, such as ops@example.com")
    if budget and not email:
        problems.append(
            f"budget: it is {budget}, but nobody would be told; type `pulumi config set alarmEmail ops@example.com`"
        )
    if "billingAccount" in rules(platform):
        if account and not BILLING_ACCOUNT.fullmatch(account):
            problems.append(
                f"billingAccount: it is {account!r}; allowed is its ID, such as 0A1B2C-3D4E5F-6A7B8C, "
                "which `gcloud billing accounts list` shows"
            )
        elif budget and not account:
            problems.append(
                f"budget: it is {budget}, and Google Cloud keeps budgets with the billing account; "
                "type `pulumi config set billingAccount ID`, which `gcloud billing accounts list` shows"
            )
    return problems
