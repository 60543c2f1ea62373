"""Checks the address for a service's traces, as a person typed it, against the rules of exporter and image."""

import re

# The exporter adds its own path to it, so nothing may follow the path here.
URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[\w./~-]*)?", re.ASCII)
ADDED = "/v1/traces"


def problems(endpoint: str, image: str) -> list[str]:
    """The problems of `endpoint`, a sentence each, in a stack that deploys `image` ("" if it builds its own)."""
    if not endpoint:
        return []
    if "@" in endpoint:
        # Not shown: it would be in the terminal's history of whoever runs this, and in CI's log.
        return [
            (
                "otlpEndpoint: it has a name or a password in it, for everyone who sees the stack; take them out and "
                "type `pulumi config set --secret --path secretValues.OTEL_EXPORTER_OTLP_HEADERS`"
            )
        ]
    if not URL.fullmatch(endpoint):
        return [f"otlpEndpoint: it is {endpoint!r}; allowed is a URL such as https://collector.example.com"]
    if endpoint.rstrip("/").endswith(ADDED):
        shorter = endpoint.rstrip("/").removesuffix(ADDED)
        return [
            (
                f"otlpEndpoint: it is {endpoint!r}; the exporter adds {ADDED} by itself, so type "
                f"`pulumi config set otlpEndpoint {shorter}`"
            )
        ]
    if image:
        return [
            (
                f"otlpEndpoint: it is {endpoint!r}, and the stack that built `image` decided whether OpenTelemetry is "
                "in it; set otlpEndpoint there. Here type `pulumi config rm otlpEndpoint` and "
                f"`pulumi config set --path environment.OTEL_EXPORTER_OTLP_ENDPOINT {endpoint}`"
            )
        ]
    return []
