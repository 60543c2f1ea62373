"""The image answers in both modes, locked up, and holds only what runs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.image.engine import Container, Engine
from tests.rie import emulator

ROOT = Path(__file__).parents[2]
INVOKE = "/2015-03-31/functions/function/invocations"
EVENT = """{"version": "2.0", "rawPath": "/echo", "rawQueryString": "",
  "headers": {"content-type": "application/json"}, "requestContext": {"http": {"method": "POST", "path": "/echo"}},
  "body": "{\\"message\\": \\"hello world\\"}", "isBase64Encoded": false}"""

Start = Callable[..., Container]


def health_check() -> list[str]:
    """Read from the Dockerfile, because an image in OCI format, which podman makes, has no place for it."""
    [check] = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return json.loads(check)


def test_in_gunicorn_mode_it_answers_without_network_root_or_a_writable_file_system(
    running: Container,
) -> None:
    hello = running.ask("GET", "/hello")
    echo = running.ask("POST", "/echo", '{"message": "hello world"}')

    assert (hello[0], hello[2]) == (200, {"message": "Hello from Flask!"})
    assert (echo[0], echo[2]) == (200, {"reversed": "dlrow olleh"})
    assert running.execute("id", "-u").stdout.strip() == "65532"
    assert running.execute("touch", "/srv/app/written", check=False).returncode != 0


def test_in_lambda_mode_it_answers_awss_own_emulator(container: Start) -> None:
    rie = emulator()

    running = container(
        *("--volume", f"{rie}:/rie:ro", "--entrypoint", "/rie"),
        command=("/srv/doors/_scale_to_zero/entrypoint.sh",),
        AWS_LAMBDA_FUNCTION_NAME="hello",
    )
    status, _, result = running.ask("POST", INVOKE, EVENT)

    assert (status, result["statusCode"], result["body"]) == (200, 200, '{"reversed":"dlrow olleh"}\n')
    assert result["headers"]["x-instance-request"] == "1"


def test_the_build_id_is_in_the_label_the_environment_and_every_response(
    running: Container, configuration: dict[str, dict[str, str]]
) -> None:
    build_id = configuration["Labels"]["org.opencontainers.image.revision"]

    _, headers, _ = running.ask("GET", "/hello")

    assert re.fullmatch(r"[0-9a-f]{16}", build_id)
    assert f"BUILD_ID={build_id}" in configuration["Env"]
    assert headers["x-build-id"] == build_id


def test_the_health_check_tells_whether_the_app_answers(running: Container) -> None:
    command = health_check()
    running.ask("GET", "/health")

    healthy = running.execute(*command, check=False)
    refused = running.execute("env", "PORT=1", *command, check=False)

    assert (healthy.returncode, healthy.stderr) == (0, "")
    assert (refused.returncode, refused.stderr) == (
        1,
        "no answer from /health: [Errno 111] Connection refused\n",
    )


@pytest.mark.parametrize("mode", ["gunicorn", "lambda"])
def test_a_pythonpath_of_the_app_s_own_adds_to_the_image_s(
    container: Start, tmp_path: Path, mode: str
) -> None:
    (tmp_path / "parts.py").write_text("from app import create_app\n\napp = create_app()\n")
    tmp_path.chmod(0o755)  # for the container's user
    variables = {"PYTHONPATH": "/parts", "APP": "parts:app", "AWS_LAMBDA_FUNCTION_NAME": "hello"}
    options = ["--volume", f"{tmp_path}:/parts:ro"]
    command: tuple[str, ...] = ()
    if mode == "lambda":
        options += ["--volume", f"{emulator()}:/rie:ro", "--entrypoint", "/rie"]
        command = ("/srv/doors/_scale_to_zero/entrypoint.sh",)

    running = container(*options, command=command, **variables)
    path, body = (INVOKE, EVENT) if mode == "lambda" else ("/echo", '{"message": "hello world"}')
    status, _, result = running.ask("POST", path, body)

    answer = json.loads(result["body"]) if mode == "lambda" else result
    assert (status, answer) == (200, {"reversed": "dlrow olleh"})
    if mode == "gunicorn":
        assert running.execute(*health_check(), check=False).returncode == 0


def test_sigterm_stops_it_well(engine: Engine, container: Start) -> None:
    running = container()
    running.ask("GET", "/hello")

    engine.run("kill", "--signal=TERM", running.name)

    assert running.wait() == 0


def test_a_wrong_mode_and_a_wrong_app_end_it_with_one_clear_line(container: Start) -> None:
    mode, app = container(RUN_MODE="web"), container(APP="app:nothing")

    assert (mode.wait(), app.wait()) == (64, 1)
    assert mode.logs() == (
        "entrypoint.sh: RUN_MODE is 'web'; it is either lambda or gunicorn (or unset, to choose by itself)\n"
    )
    assert app.logs().strip() == (
        "Error: APP is 'app:nothing', but there is no 'nothing' in app (/srv/app/app/__init__.py); "
        "there is create_app()"
    )


def test_what_is_added_to_the_base_is_what_runs(running: Container) -> None:
    files = running.execute("find", "/srv", "-type", "f").stdout.split()

    assert {path.split("/")[2] for path in files} == {"app", "doors", "packages"}
    unwanted = re.compile(r"/(tests|bin|pip|setuptools)/|\.(c|h|a)$")
    assert [path for path in files if unwanted.search(path)] == []


def test_two_builds_of_one_tree_are_the_same_image(
    build: Callable[..., str], engine: Engine, image: str
) -> None:
    first, again = (
        engine.run("image", "inspect", "--format", "{{.Id}}", name).stdout for name in (image, build())
    )

    assert first == again
