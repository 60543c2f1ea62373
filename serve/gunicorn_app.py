"""What gunicorn serves: loaded by a worker of a single process, else once in the master before it forks."""

from serve import application as served
from serve.gunicorn_identity import identity

app, is_asgi = served.create(identity)
if is_asgi:
    from serve.asgi import guard
else:
    from serve.guard import guard
application = guard(app)
