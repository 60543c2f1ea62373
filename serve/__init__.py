"""The doors: how a platform reaches any Python web app, through Lambda events or through gunicorn.

Beside an app this package has another name than here (appfolder/environment.py, Dockerfile), because the app may have a
module called serve. So nothing in it says what it is called: its own imports are relative.
"""
