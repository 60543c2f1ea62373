"""The doctor starts an app in containers too, whose file system is read-only but for /tmp."""

import os
from pathlib import Path

import pytest

from appfolder import settings
from appfolder.settings import App
from doctor.checks import Engine as Contained
from doctor.checks import check
from tests.image.engine import Engine

pytestmark = pytest.mark.container

# At home it works: its folder can be written to there.
WRITES = """
def app(environ, start_response):
    with open("visits.txt", "a") as file:
        file.write("x")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


def contained(engine: Engine, image: str, *more: str) -> Contained:
    return Contained(engine.name, run_options=[*engine.run_options, *more], image=image)


def test_the_project_s_own_app_has_no_finding(engine: Engine, image: str) -> None:
    own = settings.read(os.environ)

    assert [finding.text for finding in check(own, contained(engine, image))] == []


def test_what_only_a_read_only_file_system_shows_is_named(engine: Engine, image: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(WRITES)
    (tmp_path / "requirements.txt").touch()
    tmp_path.chmod(0o755)  # for the container's user
    app = App(tmp_path, "shop:app", health="/")
    inside = contained(engine, image, f"--volume={tmp_path}:/srv/app:ro")

    found = [finding.text for finding in check(app, inside) if finding.text.startswith("in a container: ")]

    refused = "it could not write visits.txt: only /tmp can be written to"
    for door in ("Lambda mode", "gunicorn mode"):
        assert f"in a container: {door}: {refused}" in found
        [status] = [text for text in found if text.startswith(f"in a container: {door}: GET / answers 500")]
        assert "visits.txt" in status


def test_an_image_that_cannot_be_built_is_a_finding(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return []\n"
    )
    (tmp_path / "requirements.txt").touch()
    app = App(tmp_path, "shop:app", health="/")
    options = ["--build-arg", "BASE=localhost/there-is-no-such-image:0", "--pull=never"]

    [text] = [each.text for each in check(app, Contained(engine.name, options)) if "image" in each.text]

    assert text.startswith("in a container: its image cannot be built: ")
