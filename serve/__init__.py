"""The doors: how a platform reaches any Python web app, through Lambda events or through gunicorn.

Beside an app this package has another name (appfolder/environment.py, Dockerfile), because the app may have a module
called serve. So no module in it names the package: all of its own imports are relative.
"""
