"""An app that sets the garbage collector as it loads, and finds it as it is used to."""

import gc

from flask import Flask

before = gc.isenabled(), gc.get_threshold()[1:], gc.get_debug()
app = Flask(__name__)
gc.disable()


def observe():
    return before, gc.isenabled(), gc.get_threshold()
