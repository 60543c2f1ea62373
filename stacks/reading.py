"""What a platform says that it runs; if it does not say it, or something else, a sentence in place of a stack trace."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

from stacks.running import Running, unreadable

T = TypeVar("T")


def readable(running: pulumi.Output[Running], platform: str) -> pulumi.Output[Running]:
    """`running` again; a pulumi.RunError if the platform's answer is a refusal, or cannot be understood."""

    def refuse(refusal: Exception) -> Running:
        raise pulumi.RunError(unreadable(platform, refusal))

    return running.recover(refuse)


def read_at(id_: pulumi.Output[str], read: Callable[[str], pulumi.Output[T]]) -> pulumi.Output[T]:
    """What `read` gives for a resource that is read by its id; unknown if the resource is not there.

    An `up --target` may leave it out before it was ever made. With an unknown id Pulumi would record a reading that
    depends on a resource which is not there, and then refuses this state, in each later `up` too.
    """
    return id_.apply(read)
