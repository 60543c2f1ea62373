"""The two routes in Django, as a WSGI and as an ASGI application."""

import json

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="an example has no secrets")  # noqa: S106


@require_GET
def hello(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"message": "Hello from Django!"})


@csrf_exempt
@require_POST
def echo(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"reversed": json.loads(request.body)["message"][::-1]})


urlpatterns = [path("hello", hello), path("echo", echo)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
