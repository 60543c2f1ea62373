"""A Flask app that links to itself."""

from typing import Any

from flask import Flask, redirect, url_for

app = Flask(__name__)


@app.get("/")
def home() -> str:
    return "home"


@app.get("/hello")
def hello() -> str:
    return url_for("hello")


@app.get("/away")
def away() -> Any:
    return redirect(url_for("hello"))
