"""Whatever bytes a client sends to a door, it is answered or hung up on, and the next client is served."""

import os
import socket
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serve.raw import assert_it_lives

CORPUS = Path(__file__).parent / "corpus" / "http"
SEEDS = {path.name: path.read_bytes() for path in sorted(CORPUS.iterdir())}
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "60"))

Address = tuple[str, int]


def send_and_hang_up(address: Address, data: bytes) -> None:
    """Send it, say that no more comes, and read whatever is answered. Raises TimeoutError where the door hangs."""
    with closing(socket.create_connection(address, timeout=60)) as connection:
        # A door may refuse before it has read all.
        with suppress(OSError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while connection.recv(65536):
                pass


@pytest.mark.parametrize("seed", SEEDS)
def test_each_request_of_the_corpus_does_no_harm(address: Address, seed: str) -> None:
    send_and_hang_up(address, SEEDS[seed])

    assert_it_lives(address)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A request of the corpus with a piece replaced by anything, or two of them crossed."""
    data = draw(st.sampled_from(list(SEEDS.values())))
    begin = draw(st.integers(0, len(data)))
    end = draw(st.integers(begin, min(len(data), begin + 10)))
    other = draw(st.binary(max_size=20) | st.sampled_from(list(SEEDS.values())))
    return data[:begin] + other + data[end:]


@settings(max_examples=EXAMPLES)
@given(data=mutated())
def test_a_mutated_request_does_no_harm(address: Address, data: bytes) -> None:
    send_and_hang_up(address, data)

    assert_it_lives(address)
