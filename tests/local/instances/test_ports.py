"""A port that an emulator has chosen is nobody else's, before its instance listens and afterwards."""

import socket
import sys

import pytest

from local.instances.ports import free_port


def test_ports_differ_and_are_out_of_the_way_of_outgoing_connections() -> None:
    ports = [free_port() for _ in range(20)]

    assert len(set(ports)) == 20
    assert all(20000 <= port < 32000 for port in ports)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux lets a server listen where another has the port"
)
def test_a_port_is_taken_for_another_emulator_and_free_for_a_server() -> None:
    port = free_port()

    with socket.socket() as probe, pytest.raises(OSError, match="Address already in use"):
        probe.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
        pass


def test_ports_that_were_chosen_long_ago_are_given_back() -> None:
    """An emulator that starts instances for days keeps no socket for each."""
    first = free_port()
    for _ in range(20):
        free_port()

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", first))
