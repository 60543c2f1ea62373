"""Events and results to and from JSON as AWS's client does it, by Python's own `json`.

AWS's marshaller imports simplejson, which is a third of all that its client takes of a start. What `json` may read or
write otherwise than simplejson is left to AWS's marshaller, which is loaded then. The bytes are the same.
"""

import importlib
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

AWSS = "awslambdaric.lambda_runtime_marshaller"
_JSON = "application/json"
_SCALARS = (str, int, float, bool, type(None))


class _DifferentError(ValueError):
    """Something that simplejson may treat otherwise."""


def _refuse(constant: str) -> Any:
    raise _DifferentError(constant)


# AWS's images of Python, in which this client is too, write characters beyond ASCII as they are.
_IS_ASCII = not os.environ.get("AWS_EXECUTION_ENV", "").startswith("AWS_Lambda_python")
_decode = json.JSONDecoder(parse_constant=_refuse).decode
_encode = json.JSONEncoder().encode


class LambdaMarshaller:
    """Reads events and writes results for AWS's client."""

    def unmarshal_request(self, request: Any, content_type: str | None = _JSON) -> Any:
        """The event in a request's body. Raises AWS's FaultException if it is no JSON."""
        if content_type != _JSON:
            return request
        try:
            return _decode(request.decode())
        except (ValueError, AttributeError, RecursionError):
            return _module().LambdaMarshaller().unmarshal_request(request, content_type)

    def marshal_response(self, response: Any) -> tuple[Any, str]:
        """A result's body and its content type. Raises AWS's FaultException if it cannot be JSON."""
        text = None if isinstance(response, bytes) else _written(response)
        return (text, _JSON) if text else _module().LambdaMarshaller().marshal_response(response)


def to_json(value: Any) -> str:
    """What AWS's client sends of an error."""
    return _written(value) or _module().to_json(value)


def __getattr__(name: str) -> Any:
    """Whatever else a newer client of AWS's imports from its marshaller."""
    if name.startswith("__"):
        raise AttributeError(name)  # the import system asks for some that modules need not have
    return getattr(_module(), name)


@contextmanager
def in_place_of_awss() -> Generator[None]:
    """Have this module imported in the place of AWS's marshaller."""
    sys.modules[AWSS] = sys.modules[__name__]
    try:
        yield
    finally:
        if sys.modules.get(AWSS) is sys.modules[__name__]:
            del sys.modules[AWSS]


def _is_plain(value: Any) -> bool:
    """Whether both modules write the same: subclasses and keys that are no strings are things of their own."""
    of = type(value)
    if of is dict:
        return all(type(key) is str for key in value) and all(map(_is_plain, value.values()))
    return of in _SCALARS or (of is list and all(map(_is_plain, value)))


def _written(value: Any) -> str | None:
    """A value in JSON; None if that is AWS's marshaller's to write."""
    try:
        return _encode(value) if _IS_ASCII and _is_plain(value) else None
    except RecursionError:
        return None


def _module() -> Any:
    """AWS's marshaller."""
    if sys.modules.get(AWSS) is sys.modules[__name__]:
        del sys.modules[AWSS]
    return importlib.import_module(AWSS)
