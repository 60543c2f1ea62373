"""Makes the start of the app faster: by deferred imports, known places, and no garbage collection until it is over.

FAST_START=off leaves everything as Python does it.
"""

# Before the index is in use, no module is imported here that Python has not imported by itself: typing, re and others
# take less time with it.
import gc
import importlib
import os
import sys

from ..settings import SettingError, import_named, is_dotted, is_on
from . import idna, index

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from typing import Any

    from . import deferral

# The collector runs again only after this many new objects; an app makes fewer while it loads. It is not switched off,
# because an app may switch it off or on itself, and must find its usual state.
AT_REST = 10_000_000

# One, as soon as a faster start has begun.
_finders: "list[deferral.Finder]" = []
_threshold = 0


def begin() -> None:
    """Make all imports from now on faster. A door calls this first.

    Exits with one line if FAST_START is neither on nor off.
    """
    global _threshold
    try:
        if not is_on("FAST_START") or is_fast():
            return
    except SettingError as error:
        sys.exit(str(error))
    _threshold, *others = gc.get_threshold()
    gc.set_threshold(AT_REST, *others)
    index.use()
    idna.use()
    _finders[:] = [_deferral().Finder()]
    sys.meta_path[:0] = _finders


def is_fast() -> bool:
    """Whether a faster start has begun and is not over."""
    return any(finder in sys.meta_path for finder in _finders)


def preload(app: "Any") -> None:
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
    if _is_deferring():
        for name in _needed_by(app):
            importlib.import_module(name)
        _stand_in().settle()


def _needed_by(app: "Any") -> list[str]:
    """The modules that `app` surely uses, though Flask's import does not bring them."""
    flask = sys.modules.get("flask")
    if not (flask and isinstance(app, flask.Flask)):
        return []
    needed = list[str]()
    parts = (app, *app.blueprints.values())
    has_files = any(map(os.path.isdir, [part.static_folder for part in parts if part.static_folder]))
    if app.secret_key:
        needed += ["hashlib", "hmac", "uuid", "zlib"]
    if has_files:
        needed += ["mimetypes", "zlib"]
    if app.secret_key or has_files:
        needed.append("email.utils")  # cookies that end, and files, have dates
    if not all(map(_special().is_plain, _functions(parts))):
        needed.append("inspect")
    folders = [f"{part.root_path}/{part.template_folder}" for part in parts]
    if "jinja2" in sys.modules or any(map(os.path.isdir, folders)):
        needed.append("flask.templating")
    return needed


def _is_deferring() -> bool:
    """Whether Flask has been loaded with stand-ins in it."""
    return bool(_finders) and _stand_in().is_any_hidden()


def _deferral() -> "Any":
    from . import deferral  # noqa: PLC0415 - by the index

    return deferral


def _special() -> "Any":
    from . import special  # noqa: PLC0415 - as above

    return special


def _stand_in() -> "Any":
    from . import stand_in  # noqa: PLC0415 - as above

    return stand_in


def _functions(parts: "tuple[Any, ...]") -> "list[Any]":
    """What Flask looks at while it serves a request, whether it is a coroutine function."""
    kinds = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")
    lists = [functions for part in parts for kind in kinds for functions in getattr(part, kind).values()]
    app = parts[0]
    return [
        *app.view_functions.values(),
        *app.teardown_appcontext_funcs,
        *(each for part in lists for each in part),
    ]


def load_deferred() -> None:
    """Import all that the start has deferred; called if no caller waits for the start, such as before a snapshot."""
    if _is_deferring():
        deferral = _deferral()
        for name in sorted({*deferral.DEFERRED, *deferral.SUBMODULES}):
            importlib.import_module(name)
        _stand_in().settle()


def finish() -> None:
    """End the start: the collector ignores all objects that were made so far, and then works as usual."""
    if is_fast():
        sys.meta_path.remove(*_finders)
        index.leave()
        gc.freeze()
        threshold, *others = gc.get_threshold()
        if threshold == AT_REST:
            gc.set_threshold(_threshold, *others)
