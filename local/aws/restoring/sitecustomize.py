"""One initialised process of an emulated function with SnapStart to its instances, each a fork of its own.

The emulator (local/aws/snapshot.py) puts this folder first on PYTHONPATH, so Python imports this module before the
image's own entrypoint gets to the app. The start goes on as ever, up to the call by which AWS's client says that the
snapshot may be taken and which returns in a restored instance: there the process waits, and forks for each instance.
What a fork does otherwise than a restore is undone here as far as it can be; docs/local.md says what cannot.

It imports no more than the door itself does, because a module that is here already hides that an app imports it late.
"""

import builtins
import os
import posix
import sys
from typing import Any

_FOLDER = __file__.rpartition("/")[0]
# HOST:PORT of the emulator, and a word that other programs of this machine do not know.
_CONTROL = "SNAPSTART_CONTROL"
# Set if the emulator wants to know what each instance has in memory (look.py).
_LOOKS = "SNAPSTART_LOOKS"
_RUNNER = "lambda_runtime_hooks_runner"
_plain_import = builtins.__import__
_place = os.environ.pop(_CONTROL, "")
_is_looked_at = bool(os.environ.pop(_LOOKS, ""))


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
    """What `import` does until AWS's client turns to the hooks; its other modules are all there by then."""
    if fromlist and _RUNNER in fromlist:
        builtins.__import__ = _plain_import
        client: Any = sys.modules["awslambdaric.lambda_runtime_client"]
        client.BaseLambdaRuntimeClient.restore_next = _restore_next
    return _plain_import(name, globals, locals, fromlist, level)


def _restore_next(client: Any) -> None:
    """Wait for orders, and return in each process that is forked for an instance."""
    select = _unpatched("select")
    control = _connected("snapshot")
    poll, children = select.poll(), dict[int, tuple[int, int]]()
    poll.register(control.fileno(), select.POLLIN)
    control.sendall(f"ready {_threads()}\n".encode())
    rest = b""
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in children:
                number, pid = children.pop(descriptor)
                poll.unregister(descriptor)
                os.close(descriptor)
                status = os.waitstatus_to_exitcode(posix.waitpid(pid, 0)[1])
                control.sendall(b"exited %d %d\n" % (number, status))
                continue
            data = control.recv(65536)
            if not data:
                _end(children)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                order, number_text, *more = line.decode().split()
                number = int(number_text)
                if order == "restore":
                    pid = _fork()
                    if not pid:
                        control.close()
                        for other in children:
                            os.close(other)
                        _become(client, number, more[0])
                        return
                    children[watched := os.pidfd_open(pid)] = (number, pid)
                    poll.register(watched, select.POLLIN)
                    control.sendall(b"forked %d %d\n" % (number, pid))
                elif pids := [pid for its_number, pid in children.values() if its_number == number]:
                    os.killpg(pids[0], int(more[0]))


def _threads() -> str:
    """The names of the threads that no fork will have, each without blanks."""
    threading: Any = sys.modules.get("threading")
    main = threading.main_thread() if threading else None
    others = [thread.name for thread in threading.enumerate() if thread is not main] if threading else []
    return " ".join(name.replace(" ", "-") for name in others)


def _fork() -> int:
    """As os.fork, but `random` goes on in the child where it is: Python would reseed it there, as no restore does."""
    random = sys.modules.get("random")
    state = random.getstate() if random else None
    pid = posix.fork()
    if pid:
        return pid
    if random:
        random.setstate(state)
    # The emulator signals an instance as a group, whatever processes it has started.
    os.setsid()
    return 0


def _become(client: Any, number: int, address: str) -> None:
    """Be instance `number`, whose Runtime API is at `address`, with descriptors and an output of its own."""
    output = _connected(f"output {number}")
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    output.close()
    peers = _beside("descriptors").renew(_unpatched("select").epoll)
    os.environ["AWS_LAMBDA_RUNTIME_API"] = address
    _renew_c_client(sys.modules["awslambdaric.lambda_runtime_client"])
    client.__init__(address)
    if _is_looked_at:
        client.wait_next_invocation = lambda: _tell(client, number, peers)


def _tell(client: Any, number: int, peers: list[str]) -> Any:
    """Tell the emulator what the instance has, now that all hooks have run; then wait for an event as ever."""
    del client.wait_next_invocation
    import json  # noqa: PLC0415 - not before the app is loaded

    seen = json.dumps({"values": _beside("look").look(), "connections": peers})
    connection = _connected(f"look {number}")
    connection.sendall(seen.encode())
    connection.close()
    return client.wait_next_invocation()


def _unpatched(name: str) -> Any:
    """A module of Python's in C as it is, whatever an app has made of the one that all see: gevent takes parts away."""
    from importlib.machinery import BuiltinImporter, PathFinder  # noqa: PLC0415 - as above
    from importlib.util import module_from_spec  # noqa: PLC0415 - as above

    spec: Any = BuiltinImporter.find_spec(name) or PathFinder.find_spec(name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _beside(name: str) -> Any:
    """A module of this folder, which no module of the app's can hide, and which hides none."""
    from importlib.util import module_from_spec, spec_from_file_location  # noqa: PLC0415 - as above

    spec: Any = spec_from_file_location(f"scale_to_zero_{name}", f"{_FOLDER}/{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _renew_c_client(module: Any) -> None:
    """Load the C part of AWS's client once more: it reads where the Runtime API is once, when it is loaded.

    The same file would give the same part again, so a copy of it in memory is loaded.
    """
    from importlib.machinery import ExtensionFileLoader, ModuleSpec  # noqa: PLC0415 - as above
    from importlib.util import module_from_spec  # noqa: PLC0415 - as above

    with open(module.runtime_client.__file__, "rb") as library:  # noqa: PTH123 - as above
        data = library.read()
    copy = os.memfd_create("runtime_client")
    os.write(copy, data)
    loader = ExtensionFileLoader("runtime_client", f"/proc/self/fd/{copy}")
    fresh: Any = module_from_spec(ModuleSpec("runtime_client", loader, origin=loader.path))
    loader.exec_module(fresh)
    os.close(copy)
    fresh.initialize_client(module._user_agent())  # noqa: SLF001 - as that module itself does
    sys.modules["runtime_client"] = module.runtime_client = fresh


def _connected(what: str) -> Any:
    """A connection to the emulator that says what it is for."""
    import _socket  # noqa: PLC0415 - as above

    host, port, word = _place.rsplit(":", 2)
    family, kind, protocol, _, address = _socket.getaddrinfo(host, port, 0, _socket.SOCK_STREAM)[0]
    connection = _socket.socket(family, kind, protocol)
    connection.connect(address)
    connection.sendall(f"{word} {what}\n".encode())
    return connection


def _end(children: dict[int, tuple[int, int]]) -> None:
    """The emulator has gone: so do the instances, and this process."""
    for _, pid in children.values():
        os.killpg(pid, 9)
    os._exit(0)


def _leave() -> None:
    """Have everything as if this module had not been there: the paths, and a sitecustomize of the environment's own."""
    sys.path[:] = [folder for folder in sys.path if folder != _FOLDER]
    others = [folder for folder in os.environ["PYTHONPATH"].split(os.pathsep) if folder != _FOLDER]
    if any(others):
        os.environ["PYTHONPATH"] = os.pathsep.join(others)
    else:
        del os.environ["PYTHONPATH"]
    this = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError:
        sys.modules["sitecustomize"] = this


if _place:
    _leave()
    builtins.__import__ = _import
