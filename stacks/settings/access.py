"""Checks the keys about access, as a person typed them, against each other."""

import re
from collections.abc import Mapping

from stacks.settings import rules

ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[\w./~-]*)?", re.ASCII)
INVOKER = re.compile(r"(user|group|serviceAccount):[^@\s:]+@[\w.-]+|domain:[\w.-]+")


def items(text: str) -> list[str]:
    """The parts of a text that commas separate."""
    return [part.strip() for part in text.split(",") if part.strip()]


def problems(values: Mapping[str, object], platform: str) -> list[str]:
    """The problems, a sentence each; keys that a platform does not have are refused elsewhere."""
    access, wrong, keys = values["access"], list[str](), rules.rules(platform)
    issuer, audience, invokers = (str(values[key]) for key in ("jwtIssuer", "jwtAudience", "invokers"))
    if "jwtIssuer" in keys:
        for key, text, example in (
            ("jwtIssuer", issuer, "https://login.example.com"),
            ("jwtAudience", audience, "my-api"),
        ):
            if access == "jwt" and not items(text):
                wrong.append(
                    f"{key}: it is not set, and access is jwt; type `pulumi config set {key} {example}`"
                )
            elif access != "jwt" and text:
                wrong.append(
                    f"{key}: it is {text!r}, but access is {access}; type `pulumi config set access jwt`"
                )
        if access == "jwt" and issuer and not ISSUER.fullmatch(issuer):
            wrong.append(
                f"jwtIssuer: it is {issuer!r}; allowed is the `iss` of the tokens, such as https://login.example.com"
            )
    if "invokers" in keys and invokers:
        if access != "private":
            wrong.append(
                f"invokers: they are {invokers!r}, but access is {access}; type `pulumi config set access private`"
            )
        wrong += [
            f"invokers: one is {member!r}; allowed are user:, group: or serviceAccount: with an address, and domain:"
            for member in items(invokers) or [invokers]
            if not INVOKER.fullmatch(member)
        ]
    return wrong
