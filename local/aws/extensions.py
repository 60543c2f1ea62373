"""Lambda's Extensions API for extensions that wait for no events, as AWS's Lambda Web Adapter is one.

Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import asyncio
import json
import uuid

from aiohttp import web

PREFIX = "/2020-01-01/extension/"


async def answer(request: web.BaseRequest) -> web.Response:
    """The API's answer, 404 to what is none of its requests.

    An extension that registered without events waits for the next until its instance ends.
    """
    match request.method, request.path.removeprefix(PREFIX):
        case "POST", "register":
            return await _register(request)
        case "GET", "event/next":
            await asyncio.Event().wait()
        case "POST", "init/error" | "exit/error":
            return _json(202, {"status": "OK"})
        case _:
            pass
    return web.Response(status=404, text="404 page not found\n")


async def _register(request: web.BaseRequest) -> web.Response:
    try:
        events = json.loads(await request.read() or b"{}").get("events", [])
    except (ValueError, AttributeError):
        return _json(400, {"errorType": "InvalidRequestFormat", "errorMessage": "the body is no JSON object"})
    if not request.headers.get("Lambda-Extension-Name"):
        return _json(403, {"errorType": "Extension.InvalidExtensionName", "errorMessage": "it has no name"})
    if events:
        # Nothing would come: the emulation knows neither the phases of an extension nor a notice of the end.
        said = f"extensions get no events on this machine, and this one asks for {events}"
        return _json(403, {"errorType": "Extension.InvalidEventType", "errorMessage": said})
    registered = _json(200, {"functionName": "scale-to-zero", "functionVersion": "$LATEST", "handler": ""})
    registered.headers["Lambda-Extension-Identifier"] = str(uuid.uuid4())
    return registered


def _json(status: int, value: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=json.dumps(value), content_type="application/json")
