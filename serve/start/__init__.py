"""Makes the start of the app faster: by deferred imports, known places, and no garbage collection until it is over.

FAST_START=off leaves everything as Python does it.
"""

import gc
import importlib
import os
import sys
from typing import Any

from ..settings import SettingError, import_named, is_dotted, is_on
from . import deferral, index

# The collector runs again only after this many new objects; an app makes fewer while it loads. It is not switched off,
# because an app may switch it off or on itself, and must find its usual state.
AT_REST = 10_000_000

_finder = deferral.Finder()
_threshold = 0


def begin() -> None:
    """Make all imports from now on faster. A door calls this first.

    Exits with one line if FAST_START is neither on nor off.
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


def is_fast() -> bool:
    """Whether a faster start has begun and is not over."""
    return _finder in sys.meta_path


def preload(app: Any) -> None:
    """Import the modules that the first requests to `app` will need, because the start has more CPU than they have.

    These are the modules that the app's settings show, and those that PRELOAD names, separated by commas. Raises
    SettingError if there is no such module.
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
    parts = (app, *app.blueprints.values())
    static = [part.static_folder for part in parts if part.static_folder]
    if app.secret_key or any(map(os.path.isdir, static)):
        needed.append("email.utils")  # cookies that end, and files, have dates
    folders = [f"{part.root_path}/{part.template_folder}" for part in parts]
    if "jinja2" in sys.modules or any(map(os.path.isdir, folders)):
        needed.append("flask.templating")
    return needed


def load_deferred() -> None:
    """Import all that the start has deferred; called before a snapshot, because no start waits for it then."""
    if deferral.is_active():
        for name in sorted({*deferral.DEFERRED, *deferral.SUBMODULES}):
            importlib.import_module(name)
        deferral.settle()


def finish() -> None:
    """End the start: the collector ignores all objects that were made so far, and then works as usual."""
    if is_fast():
        sys.meta_path.remove(_finder)
        index.leave()
        gc.freeze()
        threshold, *others = gc.get_threshold()
        if threshold == AT_REST:
            gc.set_threshold(_threshold, *others)
