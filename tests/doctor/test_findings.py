"""A finding is one line that says what is wrong, where, and what to do about it."""

from dataclasses import replace
from pathlib import Path

import pytest

from appfolder.settings import App, Request
from doctor import contents, doors, sources, variables
from doctor.finding import Finding, last_words
from tests.doctor.apps import WHOLE, app_of, seen, texts


@pytest.mark.parametrize(
    ("answer", "printed", "way_out"),
    [
        (
            doors.Answer(302, {"location": "/shop"}, b""),
            "",
            "it goes to /shop: write another path or expect = 302",
        ),
        (doors.Answer(404, {}, b""), "", "write another path or method"),
        (doors.Answer(500, {}, b""), "KeyError: 'a'", "it printed: KeyError: 'a'"),
        (
            doors.Answer(500, {}, b""),
            "ValueError: Missing staticfiles manifest entry for 'a.css'",
            (
                "it printed: ValueError: Missing staticfiles manifest entry for 'a.css'; type there manage.py "
                "collectstatic, and write that as command in app.toml for the image"
            ),
        ),
        (
            doors.Answer(503, {}, b""),
            "OSError: libxml2.so.2: cannot open shared object file: No such file or directory",
            (
                "it printed: OSError: libxml2.so.2: cannot open shared object file: No such file or directory; a "
                "library of the system is missing; for the image, packages in app.toml names the Debian package that "
                "has it"
            ),
        ),
        (
            doors.Answer(503, {}, b""),
            "FileNotFoundError: Config file 'src/../.env' not found.",
            (
                "it printed: FileNotFoundError: Config file 'src/../.env' not found.; no .env is in the image; "
                'command = "touch .env" in app.toml makes an empty one'
            ),
        ),
    ],
)
def test_another_status_has_a_way_out(answer: doors.Answer, printed: str, way_out: str) -> None:
    [finding] = doors.unexpected(App(Path("/shop"), "shop:app"), "Lambda mode", answer, printed)

    said = f"Lambda mode: GET / answers {answer.status}, not 200 as [request] in app.toml says; {way_out}"
    assert finding == Finding("stops", said)


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("LEVEL=1\n", '.env has it, so write env_file = ".env" in app.toml'),
        ("SIZE=1\n", "here write it to the env file"),
        ("LEVEL: 1\n", "here write it to the env file"),
    ],
)
def test_a_variable_that_is_in_a_file_which_is_not_named_names_the_file(
    tmp_path: Path, text: str, remedy: str
) -> None:
    (tmp_path / ".env").write_text(text)
    app = app_of(tmp_path, 'import os\nos.environ.get("LEVEL")\n' + WHOLE)

    found = texts(variables.findings(app, seen(app), root=tmp_path))

    said = f"it asked for the variable LEVEL, which is not set: {remedy}; for a stack: "
    assert found == [f"{said}pulumi config set --path environment.LEVEL VALUE"]


@pytest.mark.process
def test_variables_that_are_asked_for_and_not_found_are_the_lines_that_set_them(tmp_path: Path) -> None:
    (tmp_path / "shop.env").write_text(
        "API_TOKEN=abc\nSHOP_NAME=x\nCOMPOSE_PROFILES=web\nTHEME=dark\nPORT=5000\n"
    )
    (tmp_path / ".env").write_text("GREETING=hello\n")
    code = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop"); os.getenv("LEVEL", "1"); os.environ.get("SIZE", 2)
os.environ.get("SECRET_KEY", "dev"); os.environ.get("MAIL_PASSWORD", "")
os.environ.get("DATABASE_URL"); os.getenv("PORT"); "COLOUR" in os.environ; os.environ.get("SHOP_NAME")
os.environ.get("PLACE") or "here"; os.environ.get("SALT") or \\
    os.getenv("PEPPER_KEY") or "dev"; (os.environ.get("SMTP_PASSWORD") or "")
import urllib.request; urllib.request.getproxies_environment()
for line in open(".env"): os.environ.setdefault(*line.strip().split("="))
"""
    app = app_of(tmp_path, code + WHOLE, env_file=tmp_path / "shop.env")
    (tmp_path / "Pulumi.aws.yaml").write_text(
        "config:\n  aws:region: us-east-1\n  demo:environment:\n    COLOUR: red\n    SHOP_NAME: y\n"
    )
    (tmp_path / "Pulumi.gcp.yaml").write_text("config:\n  demo:environment:\n    COLOUR: red\n")

    found = texts(variables.findings(app, seen(app), root=tmp_path))

    assert found == [
        (
            "it asked for the variable DATABASE_URL, which is not set: here write it to the env file; for a stack: "
            "pulumi config set --secret --path secretValues.DATABASE_URL"
        ),
        (
            "SECRET_KEY is not set, and every reader of the code knows the value that the app takes instead; for a "
            "stack: pulumi config set --secret --path secretValues.SECRET_KEY"
        ),
        (
            "SALT is not set, and every reader of the code knows the value that the app takes instead; for a "
            "stack: pulumi config set --secret --path secretValues.SALT"
        ),
        (
            "PEPPER_KEY is not set, and every reader of the code knows the value that the app takes instead; for a "
            "stack: pulumi config set --secret --path secretValues.PEPPER_KEY"
        ),
        (
            "API_TOKEN is in the env file, which is for this machine alone; for a stack: "
            "pulumi config set --secret --path secretValues.API_TOKEN"
        ),
        (
            "SHOP_NAME is in the env file, which is for this machine alone; for a stack: "
            "pulumi config set --path environment.SHOP_NAME VALUE --stack gcp"
        ),
        (
            "it reads GREETING from .env, which stays out of the image; for a stack: "
            "pulumi config set --path environment.GREETING VALUE"
        ),
        (
            "in the env file and not read by the import: COMPOSE_PROFILES, THEME; for a stack, those that requests "
            "need: pulumi config set --path environment.NAME VALUE"
        ),
    ]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("SECRET_KEY", True),
        ("MAIL_PASSWORD", True),
        ("DATABASE_URL", True),
        ("REDIS_URL", True),
        ("SENTRY_DSN", True),
        ("SITE_URL", False),
        ("ACCESS_TOKEN_MINUTES", False),
        ("TOKEN_EXPIRES_IN", False),
        ("PASSWORD_MIN_LENGTH", False),
        ("LOG_LEVEL", False),
        ("DEBUG", False),
    ],
)
def test_a_secret_is_known_by_its_name(name: str, secret: bool) -> None:
    assert variables.is_secret(name) is secret


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("return StreamingResponse(events())", "it streams (shop.py): "),
        ("return Response(stream_with_context(rows()))", "it streams (shop.py): "),
        ("streaming = False", None),
    ],
)
def test_streams_are_named_with_what_carries_them(tmp_path: Path, code: str, said: str | None) -> None:
    found = texts(sources.findings(app_of(tmp_path, code), {"websocket": ""}))

    assert [text[: len(said or "")] for text in found] == ([said] if said else [])


@pytest.mark.process
def test_websockets_are_named_with_the_platforms_that_carry_them(tmp_path: Path) -> None:
    code = """
from fastapi import FastAPI, WebSocket
app = FastAPI()
@app.websocket("/chat")
async def chat(socket: WebSocket): ...
"""
    app = app_of(tmp_path, code)

    [text] = texts(sources.findings(app, seen(app)))

    assert text.startswith("it takes WebSockets (the route /chat): gcp and ecs carry them")


@pytest.mark.parametrize(
    ("text", "kind", "end"),
    [
        ("workers = 4\n", "note", "WEB_CONCURRENCY and THREADS are processes and threads"),
        (
            "workers = 4\n\ndef post_fork(server, worker):\n    pass\n",
            "differs",
            "threads, and what its functions do (post_fork) belongs into the app",
        ),
    ],
)
def test_a_configuration_of_gunicorn_is_named_because_it_is_not_read(
    tmp_path: Path, text: str, kind: str, end: str
) -> None:
    app = app_of(tmp_path, WHOLE)
    (tmp_path / "gunicorn.conf.py").write_text(text)

    [finding] = sources.findings(app, {"websocket": ""})

    assert finding.kind == kind
    assert finding.text.startswith(
        "gunicorn.conf.py is not read, because the doors have settings of their own: "
    )
    assert finding.text.endswith(end)


def test_links_that_lead_nowhere_in_an_image_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    app = app_of(folder, WHOLE)
    (tmp_path / "shared").mkdir()
    (folder / "same").symlink_to("shop.py")
    (folder / "templates").symlink_to("../shared")
    (folder / "whole").symlink_to(folder / "shop.py")
    (folder / "unused").symlink_to("../shared")
    (folder / ".dockerignore").write_text("unused\n")

    [text] = texts(contents.findings(app))

    assert text.startswith("its folder has links out of it, or by whole paths (templates, whole), ")


def test_secrets_and_size_of_what_goes_into_an_image_are_named(tmp_path: Path) -> None:
    app = app_of(tmp_path, WHOLE)
    (tmp_path / ".dockerignore").write_text("*.txt\n")
    for name in (".env.prod", "server.pem", ".env.example", ".env.dev-sample"):
        (tmp_path / name).touch()
    with (tmp_path / "model.bin").open("wb") as file:
        file.truncate(contents.LARGE + 1)

    found = texts(contents.findings(app))

    assert found == [
        "its .dockerignore lets .env.prod, server.pem into the image: add the names there",
        "200 MB of its folder go into the image (model.bin 200 MB, shop.py 0 MB, .dockerignore 0 MB), which every new "  # noqa: ISC004
        "instance may have to pull: name what it does not need in .dockerignore",
    ]


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("", "nothing"),
        ("first\n\n  last \n", "last"),
        (
            '{"severity": "ERROR", "message": "Exception on /", "stack_trace": "Traceback\\nKeyError: 1"}',
            "Exception on /: KeyError: 1",
        ),
        ('{"level": "INFO", "message": "ready"}', "ready"),
        ("[1, 2]", "[1, 2]"),
        (r"[ERROR] OSError: no file\x0dTraceback:\x0d  File 'a'" + "\nGET /", "OSError: no file"),
        ("Traceback (most recent call last):\nKeyError: 'a'\nGET /\n", "KeyError: 'a'"),
        ('{"level": "ERROR", "message": "m", "exception": "T\\nE: 1"}\nGET /', "m: E: 1"),
    ],
)
def test_the_last_words_are_one_line(printed: str, said: str) -> None:
    assert last_words(printed) == said


def test_a_health_check_that_is_the_measured_request_is_named(tmp_path: Path) -> None:
    app = app_of(tmp_path, WHOLE, request=Request())

    [same] = texts(doors.health(app, answered=True))
    [none] = texts(doors.health(replace(app, health=""), answered=True))
    [other] = texts(doors.health(replace(app, health=""), answered=False))

    assert same.startswith("the measured request is the health check's, which is not counted")
    assert same.endswith('such as path = "/?measured", under [request] in app.toml')
    assert none.endswith(
        'as health in app.toml, such as health = "/", and then path = "/?measured" under [request]'
    )
    assert other.endswith("write one as health in app.toml, one that answers 200")
