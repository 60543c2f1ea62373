"""What a fork shares with its siblings through open descriptors, made an instance's own as a restore would.

Of all that the start left open, each restored instance has a copy: pipes, pairs of sockets and event polls work within
it, as an event loop's do. Connections over the network lead to nobody any more.
"""

import _socket
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

_OWN = "/proc/self/fd"


def renew(epoll: Callable[[], Any]) -> list[str]:
    """Do that for all descriptors of this process; where the connections that are dead now led to.

    epoll: Python's own select.epoll.
    """
    links = dict(_open())
    _pipes({number: link for number, link in links.items() if link.startswith("pipe:")})
    peers = _sockets([number for number, link in links.items() if link.startswith("socket:")])
    for number, link in links.items():
        if link == "anon_inode:[eventfd]":
            _replace(number, os.eventfd(0))
    for number, link in links.items():  # after what they watch
        if link == "anon_inode:[eventpoll]":
            _poll(number, epoll())
    return peers


def _open() -> Iterator[tuple[int, str]]:
    for name in sorted(os.listdir(_OWN), key=int):  # noqa: PTH208 - an app may import pathlib late, which this would hide
        try:
            link = os.readlink(f"{_OWN}/{name}")  # noqa: PTH115 - as above
        except OSError:
            continue  # the folder itself, which is closed by now
        if int(name) > 2:  # noqa: PLR2004 - its output is its own already
            yield int(name), link


def _pipes(links: dict[int, str]) -> None:
    """A new pipe for each of which this process has one end and the other."""
    for link in set(links.values()):
        ends = [number for number, its in links.items() if its == link]
        readers = [number for number in ends if not _info(number, "flags") & os.O_ACCMODE]
        writers = [number for number in ends if number not in readers]
        if readers and writers:
            reader, writer = os.pipe()
            for fresh, numbers in ((reader, readers), (writer, writers)):
                for number in numbers:
                    _replace(number, os.dup(fresh))
                os.close(fresh)


def _sockets(numbers: list[int]) -> list[str]:
    """A new pair for each pair, whose numbers follow each other; a dead end for each connection over the network.

    Returns where those that are dead led to.
    """
    peers, unnamed = list[str](), list[int]()
    for number in numbers:
        duplicate = _socket.socket(fileno=os.dup(number))
        try:
            peer = duplicate.getpeername()
        except OSError:
            peer = None  # it listens, or is not connected
        is_of_network = duplicate.family in (_socket.AF_INET, _socket.AF_INET6)
        if peer is not None and is_of_network and duplicate.type == _socket.SOCK_DGRAM:
            # No other end knows of it, so it lives on; but an instance must not get the answers to another.
            fresh = _socket.socket(duplicate.family, duplicate.type, duplicate.proto)
            with suppress(OSError):  # without a network it leads nowhere, as before
                fresh.connect(peer)
            _replace(number, fresh.detach())
        elif peer is not None and is_of_network:
            ours, others = _socket.socketpair()
            others.close()
            _replace(number, ours.detach())
            peers.append(f"{peer[0]}:{peer[1]}")
        elif peer is not None and not peer and not duplicate.getsockname():
            unnamed.append(number)
        duplicate.close()
    while len(unnamed) > 1:
        first, second = unnamed[:2]
        if second != first + 1:
            del unnamed[0]
            continue
        ours, others = _socket.socketpair()
        _replace(first, ours.detach())
        _replace(second, others.detach())
        del unnamed[:2]
    return peers


def _poll(number: int, fresh: Any) -> None:
    """A new event poll that watches what the shared one watches; Python's tell an event by its descriptor."""
    with open(f"/proc/self/fdinfo/{number}", encoding="ascii") as info:  # noqa: PTH123 - as above
        watched = [line.split() for line in info if line.startswith("tfd:")]
    for words in watched:
        fresh.register(int(words[1]), int(words[3], 16))
    _replace(number, os.dup(fresh.fileno()))
    fresh.close()


def _info(number: int, name: str) -> int:
    with open(f"/proc/self/fdinfo/{number}", encoding="ascii") as info:  # noqa: PTH123 - as above
        return next(int(line.split()[1], 8) for line in info if line.startswith(f"{name}:"))


def _replace(number: int, fresh: int) -> None:
    """Have `fresh`, which is closed, stand at `number`, as blocking and as inheritable as what stood there."""
    is_blocking, is_inheritable = os.get_blocking(number), os.get_inheritable(number)
    os.dup2(fresh, number, inheritable=is_inheritable)
    os.set_blocking(number, is_blocking)
    os.close(fresh)
