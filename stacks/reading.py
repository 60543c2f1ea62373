"""What a platform says that it runs; if it does not say it, or something else, a sentence in place of a stack trace."""

import pulumi

from stacks.running import Running, unreadable


def readable(running: pulumi.Output[Running], platform: str) -> pulumi.Output[Running]:
    """`running` again; a pulumi.RunError if the platform's answer is a refusal, or cannot be understood."""

    def refuse(refusal: Exception) -> Running:
        raise pulumi.RunError(unreadable(platform, refusal))

    return running.recover(refuse)
