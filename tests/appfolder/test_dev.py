"""`make dev` serves the app with reload: what is saved is what is answered."""

import http.client
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from appfolder.settings import ROOT
from local.instances.ports import free_port

pytestmark = pytest.mark.process

SECONDS, AGAIN = 60, 10
APPS = {
    "flask": "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef index():\n    return 'one'\n",
    "fastapi": (
        "from fastapi import FastAPI\nfrom fastapi.responses import PlainTextResponse\napp = FastAPI()\n"
        "@app.get('/')\nasync def index():\n    return PlainTextResponse('one')\n"
    ),
    "wsgi": "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'one']\n",
}


def wait_for(url: str, text: str, process: "subprocess.Popen[bytes]", saved: Path | None = None) -> None:
    """Ask until the text is answered. saved: a file that is saved again now and then, as a person would.

    A reloader that looks at its files only after the first answer does not see what was saved before.
    """
    until = time.monotonic() + SECONDS
    again = time.monotonic() + AGAIN
    seen = ""
    while time.monotonic() < until and process.poll() is None:
        if saved and time.monotonic() > again:
            saved.touch()
            again = time.monotonic() + AGAIN
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:
                seen = answer.read().decode()
        except (OSError, http.client.HTTPException) as problem:  # a reload cuts an answer
            seen = str(problem)
        if seen == text:
            return
        time.sleep(0.05)
    pytest.fail(f"{url} answered {seen!r}, not {text!r}, until {process.poll()=}")


@pytest.mark.parametrize("kind", APPS)
def test_a_change_of_a_file_is_served(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "shop.py"
    file.write_text(APPS[kind])
    port = str(free_port())
    environment = {**os.environ, "APP_DIR": str(tmp_path), "APP": "shop:app", "PORT": port}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "appfolder", "dev"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/", "one", process)
            file.write_text(APPS[kind].replace("one", "three"))
            wait_for(f"http://127.0.0.1:{port}/", "three", process, file)
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
