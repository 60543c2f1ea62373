"""The doors: how a platform reaches any Python web app, through Lambda events or through gunicorn."""
