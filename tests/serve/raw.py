"""Requests as bytes on a connection of their own."""

import socket
from contextlib import closing


def send(address: tuple[str, int], *pieces: bytes) -> bytes:
    """Send these pieces, each in a packet of its own, and read until the other side closes."""
    with closing(socket.create_connection(address, timeout=60)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def assert_it_lives(address: tuple[str, int]) -> None:
    answer = send(address, b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert b'{"message":"Hello from Flask!"}' in answer
