"""Settings turned into the graph of resources that the program asks for, without an engine."""

# ruff: noqa: N802 - the names of the protocol's calls

import asyncio
import contextvars
import json
import logging
import traceback
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import RLock
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import mocks, rpc, set_mocks
from pulumi.runtime import resource as registering
from pulumi.runtime.proto import provider_pb2, resource_pb2, source_pb2
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.stack import run_pulumi_func

from stacks.deployment import deploy
from stacks.releases import History
from stacks.settings import Service, read
from tests.stacks import aws_cloud
from tests.stacks.cloud import Cloud, RefusedError

PROVIDER_CONFIG = {
    "aws:region": aws_cloud.REGION,
    "gcp:region": "us-central1",
    "gcp:project": "my-project",
    "gcp:billingProject": "my-project",
    "gcp:userProjectOverride": "true",
}
FIRST = History()
_SIGNATURE = rpc._special_sig_key


@dataclass(frozen=True)
class Node:
    """A resource as the program registered it; `after` are the names and types of what it waits for."""

    type: str
    name: str
    inputs: dict[str, Any]
    id: str
    after: frozenset[tuple[str, str]]
    retained: bool = False
    timeouts: Mapping[str, str] = field(default_factory=dict[str, str])
    is_deleted_first: bool = False  # where it is replaced


@dataclass
class Graph:
    """All of the resources, each after what it waits for, the stack's outputs, and the cloud as it then is."""

    nodes: list[Node]
    outputs: dict[str, Any]
    cloud: Cloud

    def of(self, type_: str) -> list[Node]:
        """Every resource of a type; `type_` may be its last part, such as "lambda/function:Function"."""
        return [node for node in self.nodes if node.type == type_ or node.type.partition(":")[2] == type_]

    def one(self, type_: str) -> Node:
        """The only resource of a type."""
        (node,) = self.of(type_)
        return node

    def named(self, type_: str, name: str) -> Node:
        """The resource of a type that the program calls `name`."""
        (node,) = [node for node in self.of(type_) if node.name == name]
        return node

    def types(self) -> list[str]:
        """The types of all resources, sorted."""
        return sorted(node.type for node in self.nodes)

    def ancestors(self, node: Node) -> set[tuple[str, str]]:
        """Everything that has to be there before `node`, directly or not."""
        by_key = {(other.type, other.name): other for other in self.nodes}
        seen, waiting = set[tuple[str, str]](), set(node.after)
        while waiting:
            key = waiting.pop()
            seen.add(key)
            waiting |= (by_key[key].after if key in by_key else frozenset[tuple[str, str]]()) - seen
        return seen


def service(stack: str, /, **settings: object) -> Service:
    """A checked Service of the project "demo" and `stack`, with settings given as in a stack's configuration."""
    config = {f"demo:{key}": _text(value) for key, value in settings.items()}
    return read({**PROVIDER_CONFIG, **config}, "demo", stack, {})


def run(
    chosen: Service,
    *,
    cloud: Cloud | None = None,
    past: History = FIRST,
    preview: bool = False,
) -> Graph:
    """Run the program for `chosen` on `cloud`, after the releases of `past`; raises what the program raises."""
    recorder = _Recorder(cloud or Cloud())
    return contextvars.copy_context().run(
        _run, recorder, lambda: deploy(chosen, past).outputs(chosen.platform, {}), preview
    )


def usual(platform: str, /, **settings: object) -> Graph:
    """The graph with such settings on an empty cloud, made once: to be looked at, not to be changed."""
    return _usual(platform, json.dumps(settings))


@cache
def _usual(platform: str, settings: str) -> Graph:
    return run(service(platform, **json.loads(settings)))


def _run(recorder: "_Recorder", program: Callable[[], Mapping[str, Any]], preview: bool) -> Graph:
    outputs = dict[str, Any]()

    async def whole() -> None:
        for name, value in program().items():
            outputs[name] = await pulumi.Output.from_input(value).future(with_unknowns=False)

    # For the engine to show where a resource is made; here it would be a hundred frames of the test's runner.
    untraced = patch.object(registering, "_get_stack_trace", source_pb2.StackTrace)
    with _event_loop() as loop, untraced:
        # What an earlier run in this process left unfinished is none of this one's.
        SETTINGS.rpc_manager.clear()  # pyright: ignore[reportAttributeAccessIssue]
        SETTINGS.outputs.clear()  # pyright: ignore[reportAttributeAccessIssue]
        set_root_resource(None)  # pyright: ignore[reportArgumentType]
        set_mocks(
            recorder.mocks,
            project="demo",
            stack="test",
            preview=preview,
            monitor=recorder,
            organization="organization",
        )
        try:
            loop.run_until_complete(run_pulumi_func(whole))
        except Exception as error:  # noqa: BLE001 - passed on
            # The SDK's own frames, dozens of them, hide the cause and overtax the reporter.
            error.add_note("".join(traceback.format_tb(error.__traceback__)[-3:]))
            raise error.with_traceback(None) from None
    return Graph(recorder.nodes, outputs, recorder.cloud)


@contextmanager
def _event_loop() -> Generator[asyncio.AbstractEventLoop]:
    """A loop whose worker thread has a loop too, because the SDK asks for one there, and both end here."""
    loops = [asyncio.new_event_loop()]

    def start() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    # A program that fails leaves futures that nobody looks at; Pulumi's own runner keeps quiet about them too.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.set_event_loop(loops[0])
    # One thread: the cloud answers at once, so that several would only wait for each other.
    executor = ThreadPoolExecutor(1, initializer=start)
    loops[0].set_default_executor(executor)
    try:
        yield loops[0]
    finally:
        executor.shutdown()
        asyncio.set_event_loop(None)
        for loop in loops:
            loop.close()


def plain(value: Any) -> Any:
    """`value` without the wrapping of secrets, whole numbers as int, what is not known yet as the engine's own sign."""
    if isinstance(value, Unknown):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == rpc._special_secret_sig:
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def reference(urn: str, id_: str) -> dict[str, str]:
    """A resource as a value in another's outputs."""
    return {_SIGNATURE: rpc._special_resource_sig, "urn": urn, "id": id_}


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Answers(mocks.Mocks):
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def call(self, args: mocks.MockCallArgs) -> Any:
        return self.cloud.invoke(args.token, plain(args.args))

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.resource_id:
            found = self.cloud.read(args.typ, args.resource_id)
            if found is None:
                raise RefusedError(f"there is no {args.typ} {args.resource_id}")
            return found.id, found.outputs
        made = self.cloud.create(args.typ, args.name, plain(args.inputs))
        return made.id, made.outputs


class _Recorder(mocks.MockMonitor):
    """The engine's side: it remembers requests and has awsx's component make its children."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(_Answers(cloud))
        # The SDK asks from several threads, and neither moto nor what it imports is made for that.
        self._one_at_a_time = RLock()
        self.cloud = cloud
        self.nodes: list[Node] = []

    def Invoke(self, request: Any) -> Any:
        try:
            with self._one_at_a_time:
                return super().Invoke(request)
        except RefusedError as refusal:
            return provider_pb2.InvokeResponse(failures=[provider_pb2.CheckFailure(reason=str(refusal))])

    def RegisterResource(self, request: Any) -> Any:
        with self._one_at_a_time:
            return self._register(request)

    def _register(self, request: Any) -> Any:
        if request.type != "awsx:ecr:Repository":
            response = super().RegisterResource(request)
            if request.custom:
                self._remember(request, response.id)
            return response
        inputs = plain(rpc.deserialize_properties(request.object))
        own, rules = aws_cloud.awsx_children(request.name, inputs)
        repository = self._child(request, "aws:ecr/repository:Repository", own)
        self._child(
            request,
            "aws:ecr/lifecyclePolicy:LifecyclePolicy",
            {"repository": repository.outputs["name"], "policy": {"rules": rules}},
        )
        urn = self.make_urn("", "aws:ecr/repository:Repository", request.name)
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, repository.id, repository.outputs)
        response = resource_pb2.RegisterResourceResponse(
            urn=self.make_urn(request.parent, request.type, request.name)
        )
        response.object.update(
            {"repository": reference(urn, repository.id), "url": repository.outputs["repositoryUrl"]}
        )
        self.nodes.append(Node(request.type, request.name, inputs, "", self._after(request)))
        return response

    def _child(self, request: Any, type_: str, inputs: dict[str, Any]) -> Any:
        made = self.cloud.create(type_, request.name, inputs)
        self.nodes.append(Node(type_, request.name, inputs, made.id, self._after(request)))
        return made

    def _remember(self, request: Any, id_: str) -> None:
        self.nodes.append(
            Node(
                request.type,
                request.name,
                plain(rpc.deserialize_properties(request.object)),
                id_,
                self._after(request),
                request.retainOnDelete,
                {"create": request.customTimeouts.create} if request.customTimeouts.create else {},
                request.deleteBeforeReplace,
            )
        )

    def _after(self, request: Any) -> frozenset[tuple[str, str]]:
        urns = (urn.split("::") for urn in request.dependencies)
        return frozenset((parts[2].rpartition("$")[2], parts[3]) for parts in urns)
