"""A server on this machine that answers each request after a known delay, and says by its own clock how long it took.

`python -m compare.measure.known_delay MILLISECONDS` prints its port. It runs as a process of its own, so that it does
not share an interpreter with the probe that is checked against it.
"""

import socket
import sys
import threading
import time

# The last seconds of a delay are a busy loop, because a sleep may end late, by any time that the scheduler takes.
_ACTIVE_S = 0.001


def serve(delay_s: float) -> None:
    """Serve until the process is ended."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listening.getsockname()[1], flush=True)
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection, delay_s), daemon=True).start()


def _answer(connection: socket.socket, delay_s: float) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while request := connection.recv(65536):
            began = time.perf_counter()
            while not request.endswith(b"\r\n\r\n"):
                request += connection.recv(65536)
            while (left := began + delay_s - time.perf_counter()) > 0:
                time.sleep(max(0.0, left - _ACTIVE_S))
            took = (time.perf_counter() - began) * 1000
            head = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer-Timing: app;dur={took:.4f}\r\n\r\n"
            connection.sendall(head.encode() + b"ok")


if __name__ == "__main__":
    serve(float(sys.argv[1]) / 1000)
