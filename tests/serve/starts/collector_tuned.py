"""An app that tunes the garbage collector as it loads."""

import gc

from flask import Flask

gc.set_threshold(50_000, 20, 30)
app = Flask(__name__)


def observe():
    return gc.isenabled(), gc.get_threshold()
