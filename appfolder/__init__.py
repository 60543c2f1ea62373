"""The folder of a web app, which app.toml names: its requirements, its environment, what of it goes into an image."""

# The files of an app's requirements: the first that is there is taken.
USUAL = ("uv.lock", "poetry.lock", "requirements.txt", "pyproject.toml")
