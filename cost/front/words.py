"""Deployments and their figures in words."""

from cost import words
from cost.setup import Setup
from platforms import TITLES, calls_a_function, least_instances, sold

WAIT_TITLES = {"p50": "p50", "p95": "p95", "starts": "wait for a start"}


def title(one: Setup) -> str:
    """A deployment by its platform and its settings, those that it shares with most others left out."""
    parts = [TITLES[one.platform]]
    if sold.cpus(one.platform):
        parts.append(f"{one.vcpu.normalize():f} vCPU")
    parts.append(f"{one.memory_mb:,} MB")
    choice = sold.concurrency(one.platform, one.vcpu)
    if choice is not None and one.concurrency != choice.default:
        parts.append(f"{one.concurrency} at once")
    if one.architecture != "x86":
        parts.append(one.architecture)
    if calls_a_function(one.platform):
        parts.append({"http-api": "HTTP API", "function-url": "function URL"}[one.door])
    if one.snapstart:
        parts.append("SnapStart")
    if one.minimum > least_instances(one.platform):
        parts.append(f"{one.minimum} kept ready")
    if one.billing == "instance":
        parts.append("billed by instance")
    return ", ".join(parts)


def wait(by: str, value: float | None) -> str:
    """A wait as a reader sees it."""
    if value is None:
        return "n too small"
    return words.share(value) if by == "starts" else words.seconds(value)


def waits(by: str, value: float) -> str:
    """A wait in a sentence."""
    if by == "starts":
        return f"{words.share(value)} of the requests wait for a start" if value else words.one_in(0)
    return f"{WAIT_SHARES[by]} of the requests are answered within {words.seconds(value)}"


WAIT_SHARES = {"p50": "half", "p95": "95%"}
