"""OpenTelemetry is in the image that was built with OTEL=on, and in no other."""

import subprocess
from collections.abc import Callable

import pytest

from tests.image.engine import Container, Engine

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_the_image_is_without_it_and_says_how_to_have_it(engine: Engine, image: str) -> None:
    options = [*engine.run_options, "--rm", "--network=none", "--env", f"{ENDPOINT}=http://127.0.0.1:4318"]
    done = engine.run("run", *options, image, check=False)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        (
            f"Error: {ENDPOINT} asks for traces, but opentelemetry is not installed; "
            "build the image with --build-arg OTEL=on, as the stack key otlpEndpoint does, or unset the variable"
        ),
    )


def test_an_image_built_with_it_traces_and_still_answers(
    build: Callable[..., str], container: Callable[..., Container]
) -> None:
    traced = build("--build-arg", "OTEL=on")
    running = container(of=traced, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")

    status, _, body = running.ask("GET", "/hello")

    assert (status, body) == (200, {"message": "Hello from Flask!"})


def test_another_value_stops_the_build(build: Callable[..., str]) -> None:
    with pytest.raises(subprocess.CalledProcessError) as stopped:
        build("--build-arg", "OTEL=yes")

    assert "OTEL is 'yes'; it is either on or off" in stopped.value.stderr + stopped.value.stdout
