"""The form of a platform's table in `by_platform`: for each key its rule or why there is none, and a few facts."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

from stacks.settings.declared import KEYS, Value


@dataclass(frozen=True)
class Rule:
    """A key on one platform: what is allowed, the same in words, and the value if none is set.

    Without a default of its own a platform has that of Pulumi.yaml; if that is 0, None: there is no limit.
    """

    allowed: Collection[Value]
    words: str = ""
    default: Value | None = None
    is_free: bool = False  # a text that no list can give; `allowed` is empty

    def __str__(self) -> str:
        """The allowed values, as an error and the documentation write them."""
        if self.words:
            return self.words
        if isinstance(self.allowed, range):
            return (
                f"{self.allowed[0]} to {self.allowed[-1]}" if len(self.allowed) > 1 else f"{self.allowed[0]}"
            )
        return ", ".join(str(value).lower() for value in self.allowed)

    def of(self, key: str) -> Self:
        """This rule with the default that `key` has in Pulumi.yaml, if the platform has none of its own."""
        neutral = KEYS[key]
        is_limit = not isinstance(neutral, bool) and neutral == 0
        return self if self.default is not None or is_limit else replace(self, default=neutral)


def free(words: str) -> Rule:
    """The rule of a text that no list can give; other modules check it."""
    return Rule((), words, is_free=True)


@dataclass(frozen=True)
class Store:
    """A platform's store of things that the user names, such as images or secrets."""

    names: re.Pattern[str]  # with the group "region" if the name has a region that counts
    allowed: str  # such a name, as an error says it


@dataclass(frozen=True)
class Provider:
    """A key of a provider, without which the platform cannot be deployed to."""

    variables: tuple[str, ...]  # that may hold it instead
    example: str


@dataclass(frozen=True)
class Platform:
    """All that the settings know of one platform."""

    keys: Callable[
        [float | None], Mapping[str, Rule | str]
    ]  # of the chosen CPU; a text says why there is no such key
    providers: Mapping[str, Provider]  # by the full key
    images: Store
    # Whether it runs an image of another region. Cloud Run does. Lambda and App Runner do not, and on ECS each start
    # would cost the transfer.
    images_cross_regions: bool
    secrets: Store
    reserved: re.Pattern[str]  # variables that the stack sets or the platform keeps
    asks_a_path: bool = False  # whether its health check asks for a path; others look at the port as well
    drops_empty_variables: bool = False
