"""Runs in the app's own environment: loads the app as the doors do, and prints what it did meanwhile, as JSON.

`python look.py DOORS`, with APP, APP_DIR and PYTHONPATH as the entrypoint gets them. DOORS is the name of the package
serve/ beside an app; of this project it alone can be imported here.
"""

import importlib
import json
import os
import sys
import threading
from typing import Any

asked: dict[str, bool] = {}
folder = os.path.join(os.path.abspath(os.environ["APP_DIR"]), "")  # noqa: PTH100, PTH118 - before anything is imported
# Where os.getenv and os.environ.get are written, between an app and what is replaced below.
_MAPPING = ("os.py", "_collections_abc.py", "<frozen os>", "<frozen _collections_abc>")
plain: Any = type(os.environ).__getitem__


def recorded(self: Any, key: str) -> str:
    """What os.environ gives, and a note of what it has not, if it is the app that asks."""
    try:
        return plain(self, key)
    except KeyError:
        frame: Any = sys._getframe(1)  # noqa: SLF001 - as inspect does  # pyright: ignore[reportPrivateUsage]
        while frame and frame.f_code.co_filename.endswith(_MAPPING):
            frame = frame.f_back
        name = frame.f_code.co_filename if frame else ""
        if name.startswith(folder) and "site-packages" not in name:
            asked[key] = True
        raise


def main() -> None:
    """Load, and print what is to be known."""
    type(os.environ).__getitem__ = recorded
    before = {thread.ident for thread in threading.enumerate()}
    found: dict[str, Any] = {"error": ""}
    try:
        loader = importlib.import_module(f"{sys.argv[1]}.loader")
        found["asgi"] = loader.is_asgi(loader.load_app())
    except BaseException as problem:  # noqa: BLE001 - whatever an app may raise
        found["error"] = " ".join(f"{type(problem).__name__}: {problem}".split())
    found["threads"] = sorted(thread.name for thread in threading.enumerate() if thread.ident not in before)
    found["missing"] = sorted(asked)
    print(f"\n{json.dumps(found)}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
