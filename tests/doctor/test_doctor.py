"""The doctor names each fault of an app, and is silent about a whole one."""

import sys
from pathlib import Path

import pytest

import commandline
from doctor import at_import
from doctor.__main__ import app as doctor_cli
from doctor.checks import check
from doctor.finding import Finding
from tests.doctor.apps import WHOLE, app_of, seen, texts

pytestmark = pytest.mark.usefixtures("emulators")

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
        # By the process's clock alone, so that the tests need not wait for it.
        "import time\nclock = time.process_time\ntime.process_time = lambda: clock() + 1.8",
        "its import takes ",
    ),
}


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


@pytest.mark.process
def test_doors_that_answer_differently_are_named(tmp_path: Path) -> None:
    text = WHOLE.replace('b"hello"', 'repr("aws.event" in environ).encode()')

    assert texts(check(app_of(tmp_path, text))) == [
        "the doors answer /?measured with different bodies (4 and 5 bytes)"
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


def test_an_engine_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["doctor", "--engine", "nosuch"])

    with pytest.raises(SystemExit) as ended:
        commandline.run(doctor_cli, "doctor", needs_arguments=False)

    assert ended.value.code == 2
    assert (
        capsys.readouterr().err
        == "doctor: --engine is 'nosuch', which is not on PATH; it is docker, podman, or none\n"
    )
