"""Deployments and their figures in words."""

from cost import words
from cost.setup import Setup
from platforms import TITLES, calls_a_function, least_instances, sold

WAIT_TITLES = {"p50": "p50", "p95": "p95", "starts": "wait for a start"}


def title(setup: Setup) -> str:
    """A deployment by its platform and its settings, those that it shares with most others left out."""
    parts = [TITLES[setup.platform]]
    if sold.cpus(setup.platform):
        parts.append(f"{setup.vcpu.normalize():f} vCPU")
    parts.append(f"{setup.memory_mb:,} MB")
    choice = sold.concurrency(setup.platform, setup.vcpu)
    if choice is not None and setup.concurrency != choice.default:
        parts.append(f"{setup.concurrency} at once")
    if setup.architecture != "x86":
        parts.append(setup.architecture)
    if calls_a_function(setup.platform):
        parts.append({"http-api": "HTTP API", "function-url": "function URL"}[setup.door])
    if setup.snapstart:
        parts.append("SnapStart")
    if setup.minimum > least_instances(setup.platform):
        parts.append(f"{setup.minimum} kept ready")
    if setup.billing == "instance":
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
