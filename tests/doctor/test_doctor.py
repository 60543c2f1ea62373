"""The doctor names each fault of an app, and is silent about a whole one."""

from pathlib import Path

import pytest

from appfolder.settings import App, Request
from doctor.checks import check

pytestmark = pytest.mark.process

WHOLE = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
FAULTS = {
    "a file written at import": ("open('log.txt', 'w').close()", "it writes to its folder (log.txt)"),
    "a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True, name='ticker').start()",
        "its import starts threads (ticker)",
    ),
    "a missing variable": (
        "import os\nos.environ.get('SHOP_KEY')",
        "it asked for the variable SHOP_KEY, which is not set; a stack: pulumi config set --secret --path",
    ),
    "an import that fails": ("import no_such_module", "it cannot be imported: ModuleNotFoundError"),
}


def findings(folder: Path, text: str, **changes: object) -> list[str]:
    (folder / "shop.py").write_text(text)
    (folder / "requirements.txt").touch()
    app = App(folder, "shop:app", health="/", request=Request())
    for name, value in changes.items():
        object.__setattr__(app, name, value)
    return [finding.text for finding in check(app)]


def test_a_whole_app_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, WHOLE) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(tmp_path: Path, fault: str) -> None:
    code, said = FAULTS[fault]

    assert [text for text in findings(tmp_path, f"{code}\n{WHOLE}") if text.startswith(said)] != []


def test_an_answer_that_lambda_does_not_carry_is_named(tmp_path: Path) -> None:
    found = findings(tmp_path, WHOLE.replace('b"hello"', 'b"x" * 7_000_000'))

    assert any(text.startswith("/ answers 7.0 MB, Lambda carries 6.3 MB") for text in found)


def test_an_app_without_a_health_path_is_told_what_follows(tmp_path: Path) -> None:
    [found] = findings(tmp_path, WHOLE, health="")

    assert found.startswith("no health path: the platforms look at the port alone, and ECS refuses it")
