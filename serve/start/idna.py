"""The codec idna for hosts in plain ASCII; Werkzeug encodes the host of every request by it, and a socket its peer's.

Python's own codec makes tables of Unicode when it is loaded. It gets all that is not ASCII, and all that is wrong.
"""

import codecs
import importlib
import sys

NAME = "encodings.idna"
_LONGEST_LABEL = 63

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from typing import Any


def use() -> None:
    """Have Python find this codec, unless it has its own already. A module that imports its own gets that."""
    if NAME not in sys.modules:
        # Python asks the module of this name for a codec once.
        sys.modules[NAME] = sys.modules[__name__]
        try:
            codecs.lookup("idna")
        finally:
            del sys.modules[NAME]


def getregentry() -> codecs.CodecInfo:
    """The codec, as Python asks a module of its package encodings for it."""
    return codecs.CodecInfo(
        name="idna",
        encode=encode,
        decode=decode,
        incrementalencoder=lambda errors="strict": _pythons().incrementalencoder(errors),
        incrementaldecoder=lambda errors="strict": _pythons().incrementaldecoder(errors),
        streamwriter=lambda stream, errors="strict": _pythons().streamwriter(stream, errors),
        streamreader=lambda stream, errors="strict": _pythons().streamreader(stream, errors),
    )


def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
    """The bytes of a host's name, and how much of it they are."""
    if errors == "strict" and type(text) is str and text.isascii() and _is_right(text):
        return text.encode("ascii"), len(text)
    return _pythons().encode(text, errors)


def decode(data: "Any", errors: str = "strict") -> tuple[str, int]:
    """The name in the bytes of a host, and how many of them it is. bytes.decode() gives a view of them."""
    plain = bytes(data) if type(data) in (bytes, memoryview) else b"xn--"
    if errors == "strict" and plain.isascii() and b"xn--" not in plain.lower():
        return plain.decode("ascii"), len(plain)
    return _pythons().decode(data, errors)


def _is_right(text: str) -> bool:
    return not text or all(0 < len(label) <= _LONGEST_LABEL for label in text.split("."))


def _pythons() -> "Any":
    return importlib.import_module(NAME).getregentry()
