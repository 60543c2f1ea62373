"""An app that shows what it found in its environment when it was loaded."""

import os

from flask import Flask

FOUND = os.environ.get("API_KEY", "nothing")

app = Flask(__name__)


@app.get("/")
def found() -> str:
    return FOUND
