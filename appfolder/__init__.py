"""The folder of a web app, which app.toml names: its requirements, its environment, what of it goes into an image."""

from pathlib import Path

# The files of an app's requirements: the first that is there is taken.
USUAL = ("uv.lock", "poetry.lock", "requirements.txt", "pyproject.toml")


def usual(folder: Path) -> str:
    """The first of USUAL that is in `folder`, "" if there is none."""
    return next((name for name in USUAL if (folder / name).is_file()), "")
