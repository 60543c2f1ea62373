"""What gunicorn serves: loaded by a worker of a single process, else once in the master before it forks."""

from . import application as served
from .gunicorn_identity import identity

app, is_asgi = served.create(identity)
if is_asgi:
    from .asgi import guard
else:
    from .guard import guard
application = guard(app)
