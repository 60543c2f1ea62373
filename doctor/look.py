"""Runs in the app's own environment: loads the app as the doors do, and prints what it did meanwhile, as JSON.

`python look.py DOORS`, with APP, APP_DIR and PYTHONPATH as the entrypoint gets them. DOORS is the name of the package
serve/ beside an app; nothing else of this project can be imported here.
"""

import importlib
import itertools
import json
import os
import sys
import tempfile
import threading
import time
from typing import Any

folder = os.path.join(os.path.abspath(os.environ["APP_DIR"]), "")  # noqa: PTH100, PTH118 - before anything is imported
# Where os.getenv and os.environ.get are written, between an app and what is replaced below.
_MAPPING = ("os.py", "_collections_abc.py", "<frozen os>", "<frozen _collections_abc>")
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")  # noqa: PTH118, PTH120 - as above
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
# Paths that may be written to on every platform.
_FREE = tuple(dict.fromkeys(f"{path}/" for path in (tempfile.gettempdir(), "/tmp", "/dev", "/proc")))  # noqa: S108
plain: Any = type(os.environ).__getitem__


class Seen:
    """The things that an import did, in their order; `on` while the app acts."""

    def __init__(self) -> None:
        self.on = False
        self.read: dict[str, None] = {}
        self.asked: dict[str, None] = {}
        self.defaulted: dict[str, None] = {}
        self.written: dict[str, None] = {}
        self.env_files: dict[str, None] = {}
        self.connected: dict[str, None] = {}
        self.started: dict[str, None] = {}

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Take an event of https://docs.python.org/3/library/audit_events.html, as an audit hook."""
        if not self.on:
            return
        match name, arguments:
            case "open", (str() as path, mode, flags):
                self._opened(path, str(mode or ""), int(flags or 0))
            case "os.mkdir", (str() as path, *_) if not os.path.isdir(path):  # noqa: PTH112 - as above
                self._write(path)
            case "socket.connect", (_, (str() as host, int() as port, *_)):
                self.connected[f"{host}:{port}"] = None
            case "subprocess.Popen", (program, *_):
                self.started[os.path.basename(str(program))] = None  # noqa: PTH119 - as above
            case _:
                pass

    def _opened(self, path: str, mode: str, flags: int) -> None:
        if flags & _WRITES or set(mode) & set("wax+"):
            self._write(path)
        elif os.path.basename(path).startswith(".env"):  # noqa: PTH119 - as above
            self.env_files[os.path.abspath(path)] = None  # noqa: PTH100 - as above

    def _write(self, path: str) -> None:
        whole = os.path.abspath(path)  # noqa: PTH100 - as above
        if "__pycache__" not in whole and (whole.startswith(folder) or not f"{whole}/".startswith(_FREE)):
            self.written[whole.removeprefix(folder)] = None


seen = Seen()


def recorded(self: Any, key: str) -> str:
    """The value in os.environ, with a note of its name; another note if it is missing and the app asks."""
    frame: Any = sys._getframe(1) if seen.on else None  # noqa: SLF001 - as inspect does  # pyright: ignore[reportPrivateUsage]
    default: Any = None
    while frame and frame.f_code.co_filename.endswith(_MAPPING):
        # The parameter of os.getenv, and of a mapping's get, setdefault and pop.
        default = frame.f_locals.get("default", default)
        frame = frame.f_back
    name = frame.f_code.co_filename if frame else ""
    is_package = "site-packages" in name
    try:
        value = plain(self, key)
    except KeyError:
        if name.startswith(folder) and not is_package and sys.argv[1] not in name:
            default = alternative(frame) if default is None else default
            (seen.asked if default is None else seen.defaulted if default else {})[key] = None
        raise
    # Python's own modules read all variables at times, to give them to a program.
    if name and (is_package or not name.startswith(_LIBRARY)):
        seen.read[key] = None
    return value


def alternative(frame: Any) -> Any:
    """What the code has behind `or` for a missing value: a constant, True for another expression, None for nothing."""
    import ast  # noqa: PLC0415 - if an app asks for a variable that is not set

    code = frame.f_code
    if not hasattr(code, "co_positions"):  # before Python 3.11
        return None
    place = next(itertools.islice(code.co_positions(), frame.f_lasti // 2, None))
    with open(code.co_filename, "rb") as file:  # noqa: PTH123 - as above
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            for value, other in itertools.pairwise(node.values):
                if place == (value.lineno, value.end_lineno, value.col_offset, value.end_col_offset):
                    return other.value if isinstance(other, ast.Constant) else True
    return None


def speaks_websocket(app: Any) -> str:
    """The sign that the app takes WebSockets; "" if there is none."""
    for name in ("flask_socketio", "flask_sock", "simple_websocket", "channels", "socketio"):
        if name in sys.modules:
            return name
    waiting, paths = [app], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in paths:
            continue
        paths.add(id(current))
        if "WebSocket" in type(current).__name__:
            return f"the route {getattr(current, 'path', '?')}"
        waiting += list(getattr(current, "routes", None) or ())
        waiting += [inner for inner in (getattr(current, "app", None),) if hasattr(inner, "routes")]
    return ""


def main() -> None:
    """Load the app, and print what was seen."""
    type(os.environ).__getitem__ = recorded
    sys.addaudithook(seen.event)
    before, variables = {thread.ident for thread in threading.enumerate()}, set(os.environ)
    facts: dict[str, Any] = {"error": "", "websocket": ""}
    loader = importlib.import_module(f"{sys.argv[1]}.loader")
    seconds, seen.on = time.process_time(), True
    try:
        app = loader.load_app()
        seen.on = False
        facts["websocket"] = speaks_websocket(app)
    except BaseException as problem:  # noqa: BLE001 - whatever an app may raise
        # The loader's own error is a sentence.
        name = "" if type(problem).__name__ == "SettingError" else f"{type(problem).__name__}: "
        facts["error"] = " ".join(f"{name}{problem}".split())
    seen.on = False
    facts["seconds"] = time.process_time() - seconds
    facts["threads"] = sorted(thread.name for thread in threading.enumerate() if thread.ident not in before)
    facts["set"] = sorted(set(os.environ) - variables)
    for name in ("read", "asked", "defaulted", "written", "env_files", "connected", "started"):
        facts[name] = list(getattr(seen, name))
    print(f"\n{json.dumps(facts)}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
