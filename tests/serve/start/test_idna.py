"""The codec idna that a fast start uses: of every name and of all bytes it makes what Python's own makes."""

import encodings.idna
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serve.start import idna

OWN = encodings.idna.getregentry()
names = st.text(st.sampled_from("aB0-_.:[] xn日ßé\u3002\x7f"), max_size=12) | st.text()
errors = st.sampled_from(["strict", "ignore", "replace"])


def outcome(work: Any, *arguments: Any) -> Any:
    try:
        return work(*arguments)
    except UnicodeError as error:
        return type(error), str(error)


@given(names, errors)
@example("a" * 63 + ".b", "strict")
@example("a" * 64, "strict")
@example("a..b", "strict")
@example("example.com.", "strict")
@example("bücher.example", "strict")
def test_a_name_is_encoded_as_by_pythons_own(name: str, how: str) -> None:
    assert outcome(idna.encode, name, how) == outcome(OWN.encode, name, how)


@given(st.binary() | names.map(str.encode), errors)
@example(b"XN--bcher-kva.example", "strict")
@example(b"xn--bcher-kva.example", "strict")
@example(b"a" * 70, "strict")
def test_bytes_are_decoded_as_by_pythons_own(data: bytes, how: str) -> None:
    assert outcome(idna.decode, data, how) == outcome(OWN.decode, data, how)


@pytest.mark.process
def test_a_fast_start_uses_it_and_whoever_imports_pythons_own_gets_that() -> None:
    code = """
import sys
from serve import start
start.begin()
print("example.com".encode("idna"), b"example.com".decode("idna"), "stringprep" in sys.modules)
print("bücher.example".encode("idna"), "stringprep" in sys.modules)
import encodings.idna, codecs, io
print(encodings.idna.__file__.endswith("encodings/idna.py"), encodings.idna.ToASCII("é"))
found = codecs.lookup("idna")
print(found.name, found.incrementalencoder().encode("bücher.", True), found.incrementaldecoder().decode(b"a.b", True))
print(found.streamreader(io.BytesIO(b"xn--bcher-kva.")).read(), "".encode("idna"))
"""
    done = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                "PYTHONPATH": str(Path(__file__).parents[3]),
                "FAST_START": setting,
                "PYTHONIOENCODING": "utf-8",
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for setting in ("on", "off")
    ]

    assert done[0][0] == "b'example.com' example.com False"
    assert done[1][0] == "b'example.com' example.com True"
    assert done[0][1:] == done[1][1:]
