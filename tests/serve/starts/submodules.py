"""Submodules that the app never imported but finds all the same, because Flask's import brought them along."""

import email
import http
import importlib
from functools import reduce

import flask
import werkzeug

app = flask.Flask(__name__)
packages = {package.__name__: package for package in (email, http, importlib, flask, werkzeug)}


def observe(*names):
    return {
        name: reduce(getattr, name.split(".")[1:], packages[name.partition(".")[0]]).__name__
        for name in names
        if name.partition(".")[0] in packages
    }
