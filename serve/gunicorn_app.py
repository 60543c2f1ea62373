"""The app that gunicorn serves. A single worker loads it itself; for several, the master loads it before it forks."""

from . import application as served
from .gunicorn_identity import identity

app, is_asgi = served.create(identity)
if is_asgi:
    from .asgi import guard
else:
    from .guard import guard
application = guard(app)
