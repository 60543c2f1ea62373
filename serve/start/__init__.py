"""A plain start of the app to a fast one: deferred imports, known places, and no garbage collection until it is over.

FAST_START=off leaves everything as Python does it.
"""

import gc
import importlib
import os
import sys
from typing import Any

from ..settings import SettingError, import_named, is_dotted, is_on
from . import deferral, index

# So many objects more than at the last collection are not made while an app loads. The collector is not switched off,
# because an app may do that for good, and has to find it as it is used to.
AT_REST = 10_000_000

_finder = deferral.Finder()
_threshold = 0


def begin() -> None:
    """Make what is imported from now on start faster: the first thing that a door does.

    Exits with one line where FAST_START is neither on nor off.
    """
    global _threshold
    try:
        if not is_on("FAST_START") or _finder in sys.meta_path:
            return
    except SettingError as error:
        sys.exit(str(error))
    _threshold, *others = gc.get_threshold()
    gc.set_threshold(AT_REST, *others)
    index.use()
    sys.meta_path.insert(0, _finder)


def preload(app: Any) -> None:
    """Import what the first requests to `app` will need, because the start has the CPU that they lack.

    That is what its settings show, and the modules that PRELOAD names, separated by commas. Raises SettingError if
    there is no such module.
    """
    setting = os.environ.get("PRELOAD", "")
    said = f"PRELOAD is {setting!r}"
    for name in filter(None, map(str.strip, setting.split(","))):
        if not is_dotted(name):
            raise SettingError(f"{said}; expected package.module,package.module")
        import_named(name, said)
    for name in _needed_by(app):
        importlib.import_module(name)
    deferral.settle()


def _needed_by(app: Any) -> list[str]:
    """The modules that `app` surely uses, though Flask's import does not bring them."""
    flask = sys.modules.get("flask")
    if not (deferral.is_active() and flask and isinstance(app, flask.Flask)):
        return []
    # Werkzeug encodes the host of every request by it.
    needed = ["encodings.idna"]
    if app.secret_key:
        needed += ["hashlib", "hmac"]
    folders = [f"{part.root_path}/{part.template_folder}" for part in (app, *app.blueprints.values())]
    if "jinja2" in sys.modules or any(map(os.path.isdir, folders)):
        needed.append("flask.templating")
    return needed


def load_deferred() -> None:
    """Import all that a faster start has left for later: a snapshot is taken, and no start waits for it."""
    if deferral.is_active():
        for name in sorted({*deferral.DEFERRED, *deferral.SUBMODULES}):
            importlib.import_module(name)
        deferral.settle()


def finish() -> None:
    """The start is over: the collector never looks at what was loaded by now, and works on as it was set."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        index.leave()
        gc.freeze()
        threshold, *others = gc.get_threshold()
        if threshold == AT_REST:
            gc.set_threshold(_threshold, *others)
