"""The app that gunicorn serves. A single worker loads it; for several workers, the master does before it forks."""

from . import application as served
from .gunicorn_identity import identity

app, is_asgi = served.create(identity)
if is_asgi:
    from .asgi import guard
else:
    from .guard import guard
application = guard(app)
