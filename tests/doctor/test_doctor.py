"""The doctor names each fault of an app, and is silent about a whole one."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appfolder.settings import App, Request
from doctor import at_import, contents, doors, sources, variables
from doctor.checks import check
from doctor.finding import Finding, last_words

WHOLE = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
# What an app does when it is imported, and how the finding about it begins.
FAULTS = {
    "a file": ("open('log.txt', 'w').close()", "its import writes log.txt: "),
    "a folder": ("import os\nos.makedirs('uploads', exist_ok=True)", "its import writes uploads: "),
    "a file elsewhere": (
        "open('/var/tmp/doctor.log', 'a').close()",
        "its import writes /var/tmp/doctor.log: ",
    ),
    "a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True, name='ticker').start()",
        "its import starts threads (ticker): ",
    ),
    "a program": ("import subprocess\nsubprocess.run(['true'])", "its import starts programs (true): "),
    "a connection": (
        "import socket\nsocket.socket().connect_ex(('127.0.0.1', 1))",
        "its import connects to 127.0.0.1:1: ",
    ),
    "an error": (
        "import no_such_module",
        "it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'; if it is no module of yours, ",
    ),
    "an exit": (
        "import sys\nprint('no key', file=sys.stderr)\nsys.exit(1)",
        "it cannot be imported: SystemExit: 1, after it printed: no key",
    ),
    "an end": ("import os\nos._exit(3)", "importing it ended the process with 3: nothing"),
    "a long start": (
        "import time\nwhile time.process_time() < 1.8: pass",
        "its import takes ",
    ),
}


def app_of(folder: Path, text: str, **changes: Any) -> App:
    (folder / "shop.py").write_text(text)
    (folder / "requirements.txt").touch()
    return replace(App(folder, "shop:app", health="/", request=Request(path="/?measured")), **changes)


def seen(app: App) -> dict[str, Any]:
    found = at_import.look(app, Path(sys.executable))
    assert isinstance(found, dict), found
    return found


def texts(findings: Any) -> list[str]:
    return [finding.text for finding in findings]


@pytest.mark.process
def test_a_whole_app_has_no_finding(tmp_path: Path) -> None:
    assert list(check(app_of(tmp_path, WHOLE))) == []


@pytest.mark.process
@pytest.mark.parametrize("fault", FAULTS)
def test_what_an_import_does_is_named(tmp_path: Path, fault: str) -> None:
    code, said = FAULTS[fault]

    found = at_import.look(app_of(tmp_path, f"{code}\n{WHOLE}"), Path(sys.executable))

    [text] = texts([found] if isinstance(found, Finding) else at_import.findings(found))
    assert text.startswith(said)


@pytest.mark.process
def test_what_instances_of_a_snapshot_would_share_is_named(tmp_path: Path) -> None:
    """As a note: nobody has SnapStart without asking for it."""
    [found] = check(app_of(tmp_path, f"import uuid\nNUMBER = uuid.uuid4()\n{WHOLE}"))

    assert found.kind == "note"
    assert found.text.startswith(
        "with SnapStart (docs/snapstart.md): shop:NUMBER: an id that the start makes; "
    )


@pytest.mark.process
def test_what_is_harmless_at_import_is_not_named(tmp_path: Path) -> None:
    code = """
import logging, tempfile, os
tempfile.TemporaryFile().close()
open(os.devnull, "w").close()
open(__file__).close()
os.makedirs(os.path.dirname(os.path.abspath(__file__)), exist_ok=True)
"""
    found = seen(app_of(tmp_path, code + WHOLE))

    assert texts(at_import.findings(found)) == []


@pytest.mark.process
def test_everything_that_a_request_shows_is_named(tmp_path: Path) -> None:
    """An answer that Lambda does not carry, a file that is written while it is made, no health path."""
    text = WHOLE.replace(
        "    start_response", "    open('visits.txt', 'a').write('x')\n    start_response"
    ).replace('b"hello"', 'b"x" * 7_000_000')

    found = texts(check(app_of(tmp_path, text, health="")))

    begins = [
        "Lambda mode: GET /?measured answers 500, not 200 as [request] in app.toml says; it printed: ",
        "/?measured answers 7.0 MB, Lambda carries 6.3 MB: ",
        "no health path: the platforms look at the port alone",
        "it writes to its folder (visits.txt), which no platform allows: ",
    ]
    assert [text[: len(begin)] for text, begin in zip(found, begins, strict=True)] == begins


@pytest.mark.process
def test_another_status_names_the_setting_and_where_a_redirect_goes(tmp_path: Path) -> None:
    text = WHOLE.replace('"200 OK", [', '"302 Found", [("Location", "/login"), ')

    found = texts(check(app_of(tmp_path, text)))

    assert found[0] == (
        "Lambda mode: GET /?measured answers 302, not 200 as [request] in app.toml says; "
        "it goes to /login: write another path or expect = 302"
    )


@pytest.mark.process
@pytest.mark.parametrize(
    ("package", "way_out"),
    [
        (False, "shop.py); it has to be a name of the module, not of a function or of `if __name__ == ...`"),
        (True, "shop/__init__.py); Python takes that folder before shop.py beside it: rename one of the two"),
    ],
)
def test_an_app_that_the_module_does_not_name_is_told_why(
    tmp_path: Path, package: bool, way_out: str
) -> None:
    app = app_of(tmp_path, "if __name__ == '__main__':\n    app = 1\n")
    if package:
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "__init__.py").touch()

    [text] = texts(at_import.findings(seen(app)))

    assert text.startswith("it cannot be imported: APP is 'shop:app', but there is no 'app' in shop (")
    assert text.endswith(way_out)


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
def test_doors_that_answer_differently_are_named(tmp_path: Path) -> None:
    text = WHOLE.replace('b"hello"', 'repr("aws.event" in environ).encode()')

    assert texts(check(app_of(tmp_path, text))) == [
        "the doors answer /?measured with different bodies (4 and 5 bytes)"
    ]


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


@pytest.mark.process
def test_requirements_that_exclude_the_doors_are_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APP_PYTHON")
    app = app_of(tmp_path, WHOLE)
    (tmp_path / "requirements.txt").unlink()

    [text] = texts(check(app))

    assert text.startswith(f"{tmp_path} has none of uv.lock, poetry.lock, requirements.txt, pyproject.toml")


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
